// A real OpenID provider (npm oidc-provider) on this machine. It signs in at once whoever the test last said by
// POST /who {"email", "verified", "amr"}. Arguments: redirect URI, client secret. Prints its issuer when it listens.
import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import Provider from 'oidc-provider'

const [redirectUri, secret] = process.argv.slice(2)
let who = {}
const key = (type, options, more) => ({ ...generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' }), use: 'sig', ...more })

const server = createServer()
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://localhost:${server.address().port}`
  const provider = new Provider(issuer, {
    clients: [{ client_id: 'pulih', client_secret: secret, redirect_uris: [redirectUri] }],
    claims: { openid: ['sub', 'amr'], email: ['email', 'email_verified'] },
    // As most providers do it: what the scope asks for is in the ID token.
    conformIdTokenClaims: false,
    cookies: { keys: ['a key of a test'] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    jwks: { keys: [key('ec', { namedCurve: 'P-256' }, { kid: 'ec' }), key('rsa', { modulusLength: 2048 }, { kid: 'rsa', alg: 'RS256' })] },
    pkce: { methods: ['S256'], required: () => true },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, email: id, email_verified: who.verified ?? true }) }),
  })
  const answer = provider.callback()
  server.on('request', async (request, response) => {
    if (request.url === '/who') {
      let body = ''
      for await (const part of request) body += part
      who = JSON.parse(body)
      return response.end()
    }
    if (!request.url.startsWith('/interaction/')) return answer(request, response)
    const { prompt, params, session } = await provider.interactionDetails(request, response)
    if (prompt.name === 'login') {
      return provider.interactionFinished(request, response, { login: { accountId: who.email, amr: who.amr } })
    }
    const grant = new provider.Grant({ accountId: session.accountId, clientId: params.client_id })
    grant.addOIDCScope('openid email')
    return provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } })
  })
  console.log(issuer)
})
