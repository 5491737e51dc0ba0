// Writes that wait for the line: kept on this machine with the ids they were made with, sent in their order, each until
// the gateway has answered. What it refuses stays here and is shown to a person; nothing is dropped.
import { call } from '../api'
import type { Method, Request, Response } from '../contracts'
import { CallError } from '../errors'
import { line } from '../line'
import { session } from '../session'
import { createStore } from '../store'
import { act } from './store'

const MOST = 500

export interface Waiting {
  number?: number
  method: Method
  request: object
  // Whose it is: nobody else sees or sends it.
  person: string
  // Where a person sees what it is about: a path with ids only.
  path: string
  savedAt: number
  // Why it was refused; absent while it waits.
  refused?: { reason: string; message: string }
}

export const spool = createStore<Waiting[]>([])

async function reload(): Promise<Waiting[]> {
  const all = await act<Waiting[]>('spool', 'readonly', (store) => store.getAll() as IDBRequest<Waiting[]>).catch(() => [])
  const own = all.filter((item) => item.person === session.get()?.person.id)
  spool.set(own)
  return own
}

export type Outcome<R> = { sent: true; response: R } | { sent: false }

/** Sends a write, or keeps it here when there is no line or others wait before it. A refusal is thrown as by call(). */
export async function send<M extends Method>(method: M, request: Request<M>, path: string): Promise<Outcome<Response<M>>> {
  const waiting = spool.get().filter((item) => !item.refused)
  if (waiting.length === 0 && line.get() === 'up') {
    try {
      return { sent: true, response: await call(method, request) }
    } catch (error) {
      if (!(error instanceof CallError) || !error.passing) throw error
    }
  }
  if (spool.get().length >= MOST) throw new CallError('resource_exhausted', 'SPOOL_FULL', '')
  const item: Waiting = { method, request: request as object, person: session.get()?.person.id ?? '', path, savedAt: Date.now() }
  await act('spool', 'readwrite', (store) => store.add(item))
  await reload()
  void sendWaiting()
  return { sent: false }
}

let sending = false
/** Sends what waits, oldest first, until one can't be. */
export async function sendWaiting(): Promise<void> {
  if (sending || !session.get()) return
  sending = true
  try {
    for (const item of await reload()) {
      if (item.refused) continue
      try {
        await call(item.method, item.request as Request<Method>)
        await act('spool', 'readwrite', (store) => store.delete(item.number!))
      } catch (error) {
        if (!(error instanceof CallError) || error.passing || error.code === 'unauthenticated' || error.code === 'resource_exhausted') return
        const { reason, message } = error
        await act('spool', 'readwrite', (store) => store.put({ ...item, refused: { reason, message } }))
      }
      await reload()
    }
  } finally {
    sending = false
  }
}

/** A person has seen a refusal and gives it up. */
export async function drop(number: number): Promise<void> {
  await act('spool', 'readwrite', (store) => store.delete(number))
  await reload()
}

export function startSpool(): void {
  void reload().then(sendWaiting)
  line.watch((state) => { if (state === 'up') void sendWaiting() })
  setInterval(() => { if (spool.get().some((item) => !item.refused)) void sendWaiting() }, 15_000)
}
