// Inputs with label, hint and error, tied together for those who can't see them side by side.
import { Fragment, type ComponentChildren, type JSX } from 'preact'
import { useState } from 'preact/hooks'
import { dayExists, type Day } from '../time'
import { say } from '../words'
import type { FormState } from './form'

type Keys<V, T> = { [K in keyof V]: V[K] extends T ? K : never }[keyof V] & string

interface FieldProps {
  label: ComponentChildren
  hint?: ComponentChildren
  // The label is the page's question.
  large?: boolean
}

const errorOf = <V,>(form: FormState<V>, name: string) => form.wrong.find((wrong) => wrong.field === name)?.text
const describedBy = (name: string, hint: unknown, error: unknown) =>
  [hint ? `${name}-hint` : '', error ? `${name}-error` : ''].filter(Boolean).join(' ') || undefined
const groupClass = (error: unknown) => `govuk-form-group${error ? ' govuk-form-group--error' : ''}`

const Hint = ({ name, hint }: { name: string; hint?: ComponentChildren }) =>
  (hint ? <div id={`${name}-hint`} class="govuk-hint">{hint}</div> : null)
const ErrorText = ({ name, error }: { name: string; error?: string | undefined }) => (error ? (
  <p id={`${name}-error`} class="govuk-error-message">
    <span class="govuk-visually-hidden">{say('error.prefix')}</span> {error}
  </p>
) : null)

interface TextFieldProps<V> extends FieldProps {
  form: FormState<V>
  name: Keys<V, string>
  type?: 'text' | 'email' | 'password' | 'search' | 'tel'
  // In characters: 5, 10, 20.
  width?: 5 | 10 | 20
  inputMode?: 'numeric' | 'text'
  autoComplete?: string
  rows?: number
}

export function TextField<V>({ form, name, label, hint, large, type = 'text', width, inputMode, autoComplete = 'off', rows }: TextFieldProps<V>) {
  const [shown, setShown] = useState(false)
  const error = errorOf(form, name)
  const common = {
    id: name, name, value: form.values[name] as string, 'aria-describedby': describedBy(name, hint, error), autocomplete: autoComplete,
    'aria-invalid': error ? true : undefined,
    onInput: (event: JSX.TargetedEvent<HTMLInputElement | HTMLTextAreaElement>) => form.set(name, event.currentTarget.value as V[Keys<V, string>]),
  }
  return (
    <div class={groupClass(error)}>
      <label class={`govuk-label${large ? ' govuk-label--m' : ''}`} for={name}>{label}</label>
      <Hint name={name} hint={hint} />
      <ErrorText name={name} error={error} />
      {rows
        ? <textarea {...common} class={`govuk-textarea${error ? ' govuk-textarea--error' : ''}`} rows={rows} />
        : (
          <div class={type === 'password' ? 'page-password' : undefined}>
            <input {...common} type={type === 'password' && shown ? 'text' : type} inputMode={inputMode} spellcheck={false}
              class={`govuk-input${width ? ` govuk-input--width-${width}` : ''}${error ? ' govuk-input--error' : ''}`} />
            {type === 'password' && (
              <button type="button" class="govuk-button govuk-button--secondary page-password__toggle" aria-pressed={shown} aria-controls={name}
                onClick={() => setShown(!shown)}>{say(shown ? 'sign_in.hide' : 'sign_in.show')}</button>
            )}
          </div>
        )}
    </div>
  )
}

export interface Choice {
  value: string
  label: ComponentChildren
  hint?: ComponentChildren
  // Asked only of who chose this.
  more?: ComponentChildren
}
interface ChoiceProps<V> extends FieldProps {
  form: FormState<V>
  name: Keys<V, string>
  choices: Choice[]
  inline?: boolean
}

export function Radios<V>({ form, name, label, hint, large, choices, inline }: ChoiceProps<V>) {
  const error = errorOf(form, name)
  return (
    <div class={groupClass(error)}>
      <fieldset class="govuk-fieldset" aria-describedby={describedBy(name, hint, error)}>
        <legend class={`govuk-fieldset__legend${large ? ' govuk-fieldset__legend--m' : ''}`}>{label}</legend>
        <Hint name={name} hint={hint} />
        <ErrorText name={name} error={error} />
        <div class={`govuk-radios${inline ? ' govuk-radios--inline' : ''}`}>
          {choices.map((choice, index) => {
            const chosen = form.values[name] === choice.value
            const id = index === 0 ? name : `${name}-${index}`
            return (
              <Fragment key={choice.value}>
                <div class="govuk-radios__item">
                  <input class="govuk-radios__input" type="radio" id={id} name={name} value={choice.value} checked={chosen}
                    aria-describedby={choice.hint ? `${id}-item-hint` : undefined}
                    onChange={() => form.set(name, choice.value as V[Keys<V, string>])} />
                  <label class="govuk-label govuk-radios__label" for={id}>{choice.label}</label>
                  {choice.hint && <div class="govuk-hint govuk-radios__hint" id={`${id}-item-hint`}>{choice.hint}</div>}
                </div>
                {choice.more && chosen && <div class="govuk-radios__conditional">{choice.more}</div>}
              </Fragment>
            )
          })}
        </div>
      </fieldset>
    </div>
  )
}

export function Select<V>({ form, name, label, hint, large, choices }: ChoiceProps<V>) {
  const error = errorOf(form, name)
  return (
    <div class={groupClass(error)}>
      <label class={`govuk-label${large ? ' govuk-label--m' : ''}`} for={name}>{label}</label>
      <Hint name={name} hint={hint} />
      <ErrorText name={name} error={error} />
      <select class={`govuk-select${error ? ' govuk-select--error' : ''}`} id={name} name={name}
        aria-describedby={describedBy(name, hint, error)} value={form.values[name] as string}
        onChange={(event) => form.set(name, event.currentTarget.value as V[Keys<V, string>])}>
        {choices.map((choice) => <option value={choice.value} key={choice.value}>{choice.label}</option>)}
      </select>
    </div>
  )
}

interface CheckboxesProps<V> extends FieldProps {
  form: FormState<V>
  name: Keys<V, string[]>
  choices: Choice[]
}

export function Checkboxes<V>({ form, name, label, hint, large, choices }: CheckboxesProps<V>) {
  const error = errorOf(form, name)
  const chosen = form.values[name] as string[]
  const toggle = (value: string) =>
    form.set(name, (chosen.includes(value) ? chosen.filter((other) => other !== value) : [...chosen, value]) as V[Keys<V, string[]>])
  return (
    <div class={groupClass(error)}>
      <fieldset class="govuk-fieldset" aria-describedby={describedBy(name, hint, error)}>
        <legend class={`govuk-fieldset__legend${large ? ' govuk-fieldset__legend--m' : ''}`}>{label}</legend>
        <Hint name={name} hint={hint} />
        <ErrorText name={name} error={error} />
        <div class="govuk-checkboxes">
          {choices.map((choice, index) => {
            const id = index === 0 ? name : `${name}-${index}`
            return (
              <div class="govuk-checkboxes__item" key={choice.value}>
                <input class="govuk-checkboxes__input" type="checkbox" id={id} name={name} checked={chosen.includes(choice.value)}
                  onChange={() => toggle(choice.value)} />
                <label class="govuk-label govuk-checkboxes__label" for={id}>{choice.label}</label>
                {choice.hint && <div class="govuk-hint govuk-checkboxes__hint">{choice.hint}</div>}
              </div>
            )
          })}
        </div>
      </fieldset>
    </div>
  )
}

// A day as it is typed, and a time as it is typed are text until they are checked.
export interface TypedDay { day: string; month: string; year: string }
export const noDay: TypedDay = { day: '', month: '', year: '' }
export const typedDay = (day: Day): TypedDay => {
  const [year = '', month = '', date = ''] = day.split('-')
  return { day: date.replace(/^0/, ''), month: month.replace(/^0/, ''), year }
}
/** The day, '' if nothing was typed, or null if there is no such day. */
export function readDay({ day, month, year }: TypedDay): Day | null {
  if (!day && !month && !year) return ''
  const read = `${year.padStart(4, '0')}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`
  return /^\d{4}-\d\d-\d\d$/.test(read) && Number(year) >= 1900 && dayExists(read) ? read : null
}

interface DayFieldProps<V> extends FieldProps {
  form: FormState<V>
  name: Keys<V, TypedDay>
}

export function DayField<V>({ form, name, label, hint, large }: DayFieldProps<V>) {
  const error = errorOf(form, name)
  const value = form.values[name] as TypedDay
  const part = (key: keyof TypedDay, text: string, width: 2 | 4) => (
    <div class="govuk-date-input__item">
      <label class="govuk-label govuk-date-input__label" for={key === 'day' ? name : `${name}-${key}`}>{text}</label>
      <input class={`govuk-input govuk-date-input__input govuk-input--width-${width}${error ? ' govuk-input--error' : ''}`}
        id={key === 'day' ? name : `${name}-${key}`} inputMode="numeric" autocomplete="off" value={value[key]}
        onInput={(event) => form.set(name, { ...value, [key]: event.currentTarget.value.trim() } as V[Keys<V, TypedDay>])} />
    </div>
  )
  return (
    <div class={groupClass(error)}>
      <fieldset class="govuk-fieldset" role="group" aria-describedby={describedBy(name, hint, error)}>
        <legend class={`govuk-fieldset__legend${large ? ' govuk-fieldset__legend--m' : ''}`}>{label}</legend>
        <Hint name={name} hint={hint} />
        <ErrorText name={name} error={error} />
        <div class="govuk-date-input">
          {part('day', say('field.day'), 2)}{part('month', say('field.month'), 2)}{part('year', say('field.year'), 4)}
        </div>
      </fieldset>
    </div>
  )
}
