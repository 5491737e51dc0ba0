// A form: its values, what is wrong with them, and one sending at a time.
import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { CallError } from '../errors'
import { forget, keep, kept } from '../offline/store'
import { go, guardLeaving, whileHere } from '../router'
import { session } from '../session'
import { say } from '../words'
import { errorText } from './loaded'
import { Button } from './page'

export interface Wrong {
  // Name of the field, or empty for what no field is to blame for.
  field: string
  text: string
}

export interface FormState<V> {
  values: V
  set: <K extends keyof V>(field: K, value: V[K]) => void
  wrong: Wrong[]
  busy: boolean
  // Whether something was typed that isn't sent.
  touched: boolean
  submit: (event?: Event) => void
  fail: (wrong: Wrong[]) => void
}

export type Go = typeof go

interface FormOptions<V> {
  // What is wrong before anything is sent; empty to go on.
  check?: (values: V) => Wrong[]
  // Sends it, and goes on by `go`, which leaves whoever has gone elsewhere meanwhile where they are. What it throws is shown, at its fields if it
  // names them.
  send: (values: V, go: Go) => Promise<void>
  // Keeps what is typed on this machine under this name (ids only) until it is sent. Never for notes.
  keptAs?: string
}

export function useForm<V extends object>(first: V, { check, send, keptAs }: FormOptions<V>): FormState<V> {
  const [values, setValues] = useState(first)
  const [wrong, setWrong] = useState<Wrong[]>([])
  const [busy, setBusy] = useState(false)
  const [touched, setTouched] = useState(false)
  // A second click comes before the first one has been rendered.
  const running = useRef(false)

  const unkept = useRef<V>()
  unkept.current = touched ? values : undefined
  useEffect(() => {
    // Who was faster than that goes on with what they type.
    if (keptAs) void kept<V>(`typed:${keptAs}`).then((typed) => { if (typed && !unkept.current) setValues({ ...first, ...typed }) })
  }, [keptAs])
  useEffect(() => {
    if (!keptAs || !touched) return
    const soon = setTimeout(() => void keep(`typed:${keptAs}`, values), 300)
    return () => clearTimeout(soon)
  }, [values, touched])
  // Who goes to another page sooner than that finds it again; whoever signs out leaves nothing here.
  useEffect(() => {
    const typist = session.get()?.person.id
    return () => {
      if (keptAs && unkept.current && typist === session.get()?.person.id) void keep(`typed:${keptAs}`, unkept.current)
    }
  }, [keptAs])

  const set = <K extends keyof V>(field: K, value: V[K]) => {
    setTouched(true)
    setValues((before) => ({ ...before, [field]: value }))
  }

  const submit = (event?: Event) => {
    event?.preventDefault()
    if (running.current) return
    const found = check?.(values) ?? []
    setWrong(found)
    if (found.length > 0) return
    running.current = true
    setBusy(true)
    const here = whileHere()
    send(values, (path, how) => { if (here()) go(path, how) }).then(() => {
      if (here()) guardLeaving(undefined)
      setTouched(false)
      unkept.current = undefined
      if (keptAs) void forget(`typed:${keptAs}`)
    }, (error: unknown) => setWrong(wrongOf(error))).finally(() => {
      running.current = false
      setBusy(false)
    })
  }
  return { values, set, wrong, busy, touched, submit, fail: setWrong }
}

export function wrongOf(error: unknown): Wrong[] {
  if (error instanceof CallError && error.violations.length > 0) return error.violations
  return [{ field: '', text: errorText(error) }]
}

/** At the top of the page: what is wrong, each a link to its field. Takes the focus when it appears. */
export function ErrorSummary({ wrong }: { wrong: Wrong[] }) {
  const box = useRef<HTMLDivElement>(null)
  useEffect(() => { if (wrong.length > 0) box.current?.focus() }, [wrong])
  if (wrong.length === 0) return null
  const jump = (event: Event, field: string) => {
    const target = document.getElementById(field) ?? document.querySelector<HTMLElement>(`[name="${CSS.escape(field)}"]`)
    if (!target) return
    event.preventDefault()
    target.scrollIntoView({ block: 'center' })
    target.focus()
  }
  return (
    <div class="govuk-error-summary" ref={box} tabIndex={-1} role="alert">
      <h2 class="govuk-error-summary__title">{say('error.title')}</h2>
      <ul class="govuk-list govuk-error-summary__list">
        {wrong.map(({ field, text }) => (
          <li key={field + text}>{field ? <a href={`#${field}`} onClick={(event) => jump(event, field)}>{text}</a> : text}</li>
        ))}
      </ul>
    </div>
  )
}

interface FormProps<V> {
  form: FormState<V>
  // Of the button; a page with other buttons gives its own as `actions`.
  submit?: string
  actions?: ComponentChildren
  children: ComponentChildren
}
export function Form<V>({ form, submit, actions, children }: FormProps<V>) {
  return (
    <form onSubmit={form.submit} noValidate>
      <ErrorSummary wrong={form.wrong} />
      {children}
      {actions ?? <Button busy={form.busy}>{submit ?? say('action.save')}</Button>}
    </form>
  )
}
