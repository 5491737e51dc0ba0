// Run by test_stack.py: somebody opens the page behind the door, signs in, and sees what it has for them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chromium } from 'playwright-core'

async function signIn(page) {
  await page.waitForSelector('#email, .page-navigation a')
  if (await page.isVisible('#email')) {
    await page.fill('#email', 'koordinator@example.org')
    await page.fill('#password', process.env.PULIH_PASSWORD)
    await page.click('form button[type=submit]')
  }
  await page.waitForSelector('.page-navigation a')
}

test('a coordinator signs in and sees the page', async () => {
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] })
  // The certificate is the installation's own; that it is the right one test_stack.py sees.
  const page = await browser.newPage({ ignoreHTTPSErrors: true })
  const complaints = [], line = []
  const note = (what, request) => line.push(`${(performance.now() / 1000).toFixed(1)} s ${what} ${request.method()} ${request.url().slice(0, 120)}`)
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('request', (request) => note('asks', request))
  page.on('response', (answer) => note(answer.status(), answer.request()))
  page.on('requestfailed', (request) => note(request.failure().errorText, request))
  try {
    const answer = await page.goto(process.env.PULIH_URL)
    assert.equal(answer.headers()['strict-transport-security'], 'max-age=31536000')
    for (let tries = 3; ; tries--) {
      try {
        await signIn(page)
        break
      } catch (error) {
        // Containers that come and go on this machine are a change of network to Chromium, which drops what is on its way then.
        if (tries === 1 || !line.some((each) => each.includes('ERR_NETWORK_CHANGED'))) throw error
        line.length = 0
        await page.reload()
      }
    }
    await page.waitForFunction(() => document.querySelector('h1') && !document.querySelector('.page-loading, .page-opening'))
    const [cookie] = (await page.context().cookies()).filter(({ name }) => name === '__Host-pulih')
    assert.ok(cookie.secure && cookie.httpOnly && cookie.sameSite !== 'None')
    assert.deepEqual(complaints, [])
  } catch (error) {
    console.log([...line, ...complaints, 'The page says:', await page.locator('body').innerText()].join('\n'))
    throw error
  } finally {
    await browser.close()
  }
})
