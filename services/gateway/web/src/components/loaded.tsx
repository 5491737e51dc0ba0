// Reading something and showing it, with its loading, empty and error states in words.
import type { ComponentChildren } from 'preact'
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { call } from '../api'
import type { Method, Request, Response } from '../contracts'
import { CallError } from '../errors'
import { line } from '../line'
import { useLive } from '../live'
import { keep, kept } from '../offline/store'
import { momentText } from '../time'
import { language, say } from '../words'
import { useStore } from '../store'
import { LinkButton } from './page'

export interface Loading<T> {
  data?: T | undefined
  error?: unknown
  // When what is shown was read, if it comes from this machine because there is no line.
  keptAt?: number | undefined
  // Done when what stands there is shown, or can't be read: a form stays busy until then.
  reload: () => Promise<void>
}

interface ReadOptions {
  // Beginnings of the types of events after which it is read again.
  live?: string[]
  // Keeps the answer on this machine for when there is no line. Never for notes.
  keep?: boolean
}

/** Reads again whenever `asked` changes, a live event says so, or the line comes back; null asks nothing. */
export function useLoading<T>(asked: string | null, read: (signal: AbortSignal) => Promise<T>, options: ReadOptions = {}): Loading<T> {
  const [state, setState] = useState<{ asked: string | null; data?: T; error?: unknown; keptAt?: number }>({ asked })
  const [turn, setTurn] = useState(0)
  const waiting = useRef<(() => void)[]>([])
  const reload = useCallback(() => new Promise<void>((done) => {
    waiting.current.push(done)
    setTurn((before) => before + 1)
  }), [])
  const tell = () => { for (const done of waiting.current.splice(0)) done() }
  useEffect(() => tell, [])
  useLive(options.live ?? ['-'], reload)
  useEffect(() => line.watch((now) => { if (now === 'up') reload() }), [])
  useEffect(() => {
    if (asked === null) return
    const stop = new AbortController()
    read(stop.signal).then((data) => {
      // One that was asked earlier may answer later.
      if (stop.signal.aborted) return
      setState({ asked, data })
      if (options.keep) void keep(`answer:${asked}`, { data, at: Date.now() })
    }, async (error: unknown) => {
      if (stop.signal.aborted) return
      const last = options.keep && error instanceof CallError && error.passing ? await kept<{ data: T; at: number }>(`answer:${asked}`) : undefined
      if (last) setState({ asked, data: last.data, keptAt: last.at })
      // What is shown stays when only reading it again has failed.
      else setState((before) => (before.asked === asked && before.data !== undefined ? before : { asked, error }))
    }).finally(() => { if (!stop.signal.aborted) tell() })
    return () => stop.abort()
  }, [asked, turn])
  const current = state.asked === asked ? state : { asked }
  return { data: current.data, error: current.error, keptAt: current.keptAt, reload }
}

export function useCall<M extends Method>(method: M, request: Request<M> | null, options: ReadOptions = {}): Loading<Response<M>> {
  return useLoading(request && `${method} ${JSON.stringify(request)}`, (signal) => call(method, request!, signal), options)
}

export function errorText(error: unknown): string {
  if (!(error instanceof CallError)) return say('error.unknown')
  if (error.offline) return say('error.line')
  if (error.reason === 'SPOOL_FULL') return say('error.spool_full')
  if (error.code === 'permission_denied') return say('error.not_allowed')
  return error.message || say('error.unknown')
}

interface LoadedProps<T> {
  of: Loading<T>
  children: (data: T) => ComponentChildren
}
export function Loaded<T>({ of, children }: LoadedProps<T>) {
  useStore(language)
  if (of.data !== undefined) {
    return (
      <>
        {of.keptAt && (
          <p class="page-kept" role="status">{say('line.kept_from', {
            when: momentText(new Date(of.keptAt).toISOString(), Intl.DateTimeFormat().resolvedOptions().timeZone) })}</p>
        )}
        {children(of.data)}
      </>
    )
  }
  if (of.error !== undefined) {
    return (
      <div class="page-failed" role="alert">
        <p class="govuk-body">{errorText(of.error)}</p>
        <LinkButton onClick={of.reload}>{say('action.retry')}</LinkButton>
      </div>
    )
  }
  return <p class="page-loading" role="status">{say('state.loading')}</p>
}
