// Editing what others may be editing too. When somebody else was faster, their change is read and put beside what was typed:
// fields that only they changed follow them, those that both changed stay as typed, and sending again saves over theirs knowingly.
import { useRef, useState } from 'preact/hooks'
import { CallError } from '../errors'
import { say } from '../words'
import type { TypedDay } from './fields'
import { useForm, type FormState, type Go, type Wrong } from './form'
import { Table } from './page'

interface EditOptions<R, V> {
  // As it was read, and how to read it again.
  read: R
  again: () => Promise<R>
  valuesOf: (read: R) => V
  check?: (values: V) => Wrong[]
  save: (values: V, version: number, go: Go) => Promise<void>
}

export interface Edit<V> extends FormState<V> {
  // Somebody else's change: what stands there now and what stood there before, once one came in between.
  theirs: V | undefined
  before: V
}

const same = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other)

export function useEdit<R extends { version?: number }, V extends object>({ read, again, valuesOf, check, save }: EditOptions<R, V>): Edit<V> {
  const version = useRef(read.version ?? 0)
  const base = useRef(valuesOf(read))
  const [change, setChange] = useState<{ theirs: V; before: V }>()
  const form = useForm<V>(base.current, {
    ...(check ? { check } : {}),
    send: async (values, go) => {
      try {
        await save(values, version.current, go)
      } catch (error) {
        if (!(error instanceof CallError) || error.reason !== 'VERSION_CHANGED') throw error
        const now = await again()
        const theirs = valuesOf(now)
        for (const field of Object.keys(theirs) as (keyof V)[]) {
          if (same(values[field], base.current[field])) form.set(field, theirs[field])
        }
        setChange({ theirs, before: base.current })
        version.current = now.version ?? 0
        base.current = theirs
        throw new CallError('aborted', 'CHANGED_MEANWHILE', say('edit.changed'))
      }
    },
  })
  return { ...form, theirs: change?.theirs, before: change?.before ?? base.current }
}

const isDay = (value: unknown): value is TypedDay => typeof value === 'object' && value !== null && 'month' in value
const textOf = (value: unknown): string =>
  isDay(value) ? [value.day, value.month, value.year].join('-') : Array.isArray(value) ? value.join(', ') : String(value ?? '')

interface ChangedProps<V> {
  edit: Edit<V>
  labels: { [K in keyof V]?: string }
  // Words of values that are ids.
  show?: (value: string) => string
}
/** Shown above the form once somebody else has saved: what they changed, beside what one has typed. */
export function ChangedMeanwhile<V>({ edit, labels, show = (value) => value }: ChangedProps<V>) {
  const { theirs, before, values } = edit
  if (!theirs) return null
  const text = (value: unknown) => (Array.isArray(value) ? value.map((part) => show(String(part))).join(', ') : show(textOf(value))) || '–'
  const changed = (Object.keys(labels) as (keyof V)[]).filter((field) => !same(theirs[field], before[field]))
  return (
    <section class="page-changed" aria-labelledby="changed-title">
      <h2 class="govuk-heading-m" id="changed-title">{say('edit.changed.title')}</h2>
      <p class="govuk-body">{say('edit.changed.text')}</p>
      {changed.length > 0 && (
        <Table hideCaption caption={say('edit.changed.title')}
          head={[{ text: say('edit.field') }, { text: say('edit.before') }, { text: say('edit.now') }, { text: say('edit.yours') }]}
          rows={changed.map((field) => [labels[field], text(before[field]), text(theirs[field]), text(values[field])])} />
      )}
    </section>
  )
}
