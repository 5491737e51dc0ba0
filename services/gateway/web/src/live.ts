// What changed elsewhere, by Server-Sent Events from /events: ids only. Whoever shows something says which events change
// it, and reads it again.
import { useEffect } from 'preact/hooks'
import { lineIsUp } from './line'

export interface Change {
  // "scheduling.session_cancelled"
  type: string
  prisonId?: string
  subjectId?: string
}

const AGAIN_MS = 60_000

const listeners = new Set<(change: Change | undefined) => void>()
let source: EventSource | undefined

let again: ReturnType<typeof setTimeout> | undefined

const tellAll = (change: Change | undefined) => { for (const listener of [...listeners]) listener(change) }

export function startLive(): void {
  if (source) return
  const opened = new EventSource('/events')
  source = opened
  opened.onmessage = (event: MessageEvent<string>) => tellAll(JSON.parse(event.data) as Change)
  // What was missed can't be told: everything shown is read again.
  opened.addEventListener('reset', () => tellAll(undefined))
  opened.addEventListener('end', stopLive)
  opened.onopen = lineIsUp
  // A browser comes back by itself after a lost line, but not after an answer that refused it (too many, not now).
  opened.onerror = () => {
    if (opened.readyState !== EventSource.CLOSED || source !== opened) return
    stopLive()
    again = setTimeout(startLive, AGAIN_MS * (0.5 + Math.random()))
  }
}

export function stopLive(): void {
  clearTimeout(again)
  source?.close()
  source = undefined
}

/** Calls `changed` a moment after an event whose type begins with one of `types`, once for a burst of them. */
export function useLive(types: string[], changed: () => void): void {
  useEffect(() => {
    let soon: ReturnType<typeof setTimeout> | undefined
    const listener = (change: Change | undefined) => {
      if (change && !types.some((type) => change.type.startsWith(type))) return
      clearTimeout(soon)
      soon = setTimeout(changed, 300)
    }
    listeners.add(listener)
    return () => {
      clearTimeout(soon)
      listeners.delete(listener)
    }
  }, [types.join(), changed])
}
