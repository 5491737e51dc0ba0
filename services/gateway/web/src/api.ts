// Calls a method by Connect's JSON, https://connectrpc.com/docs/protocol. One way for every page: a typed method, a
// request whose ids are made already, an answer or a CallError that has words.
import type { Method, Request, Response } from './contracts'
import { CallError, lineError, readError } from './errors'
import { lineIsDown, lineIsUp } from './line'

const TIMEOUT_MS = 20_000
const PAUSES_MS = [500, 2000]
// What a name or another private word could be in: such a request never stands in an address.
const FREE_TEXT = ['search', 'text', 'query', 'name', 'note', 'comment', 'email', 'subject', 'body']

declare const READS_AGAINST_NAME: string[]
const isRead = (method: Method) => /\/(Get|List|Count)/.test(method) !== READS_AGAINST_NAME.includes(method.split('/')[1]!)
const inAddress = (method: Method, request: object) => isRead(method) && !FREE_TEXT.some((field) => field in request)

// Whom to tell that the session is over.
let signedOut: () => void = () => {}
export function onSignedOut(tell: () => void): void {
  signedOut = tell
}

async function once(method: Method, request: object, signal?: AbortSignal): Promise<unknown> {
  const stop = new AbortController()
  const late = setTimeout(() => stop.abort(), TIMEOUT_MS + 2000)
  signal?.addEventListener('abort', () => stop.abort())
  const headers = { 'Connect-Protocol-Version': '1', 'Connect-Timeout-Ms': String(TIMEOUT_MS) }
  const path = `/pulih.${method}`
  const body = JSON.stringify(request)
  try {
    const answer = inAddress(method, request)
      ? await fetch(`${path}?connect=v1&encoding=json&message=${encodeURIComponent(body)}`, { headers, signal: stop.signal })
      : await fetch(path, {
        method: 'POST', headers: { ...headers, 'Content-Type': 'application/json' }, body, signal: stop.signal, cache: 'no-store',
      })
    if (!answer.ok) throw await readError(answer)
    const response: unknown = await answer.json()
    lineIsUp()
    return response
  } catch (error) {
    if (error instanceof CallError) throw error
    if (signal?.aborted) throw error
    lineIsDown()
    throw lineError()
  } finally {
    clearTimeout(late)
  }
}

/** Calls, and calls again where the outcome isn't known: every method may be repeated with the same request. */
export async function call<M extends Method>(method: M, request: Request<M>, signal?: AbortSignal): Promise<Response<M>> {
  for (let attempt = 0; ; attempt++) {
    try {
      return (await once(method, request as object, signal)) as Response<M>
    } catch (error) {
      const pause = PAUSES_MS[attempt]
      if (error instanceof CallError && error.code === 'unauthenticated') signedOut()
      if (!(error instanceof CallError) || !error.passing || pause === undefined || !navigator.onLine) throw error
      await new Promise((done) => setTimeout(done, pause * (0.5 + Math.random())))
    }
  }
}

/** All of a list: its pages one after the other, up to `most` of them. */
export async function callAll<M extends Method, K extends keyof Response<M>>(
  method: M, request: Request<M>, list: K, most = 20,
): Promise<NonNullable<Response<M>[K]>> {
  const all: unknown[] = []
  let pageToken = ''
  for (let page = 0; page < most; page++) {
    const answer = await call(method, { ...(request as object), pageSize: 200, pageToken } as Request<M>)
    all.push(...((answer[list] as unknown[] | undefined) ?? []))
    pageToken = (answer as { nextPageToken?: string }).nextPageToken ?? ''
    if (!pageToken) break
  }
  return all as NonNullable<Response<M>[K]>
}
