// A draft being written: saved at the server by itself, signed by its author.
import type { GoalJson, NoteBodyJson } from '@contracts/notes/v1/notes_pb'
import type { ComponentChildren } from 'preact'
import { useRef, useState } from 'preact/hooks'
import { call } from '../../api'
import { ErrorSummary } from '../../components/form'
import { errorText } from '../../components/loaded'
import { Button, LinkButton, Warning } from '../../components/page'
import { CallError } from '../../errors'
import { goBack, whileHere } from '../../router'
import { useStore } from '../../store'
import { clock, dateOf, dayOf, zoneName } from '../../time'
import { newId } from '../../uuid'
import { say } from '../../words'
import { closeDraft, type Draft, type Other } from './draft'

export const hasGoals = (type: string): boolean => type === 'NOTE_TYPE_PLAN' || type === 'NOTE_TYPE_PLAN_REVIEW'

/** What is seen changes with every save; what is read out changes only when there is something to do about it. */
function SaveState({ draft }: { draft: Draft }) {
  const { at, savedAt, error } = useStore(draft.state)
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
  const trouble = at === 'waiting' ? say('draft.waiting') : at === 'conflict' ? say('draft.conflict') : at === 'refused' ? errorText(error) : ''
  const calm = at !== 'saved' ? say('draft.sending')
    : savedAt === undefined ? say('draft.promise')
      : `${say('draft.saved')} ${clock(new Date(savedAt).toISOString(), zone)} ${zoneName(zone).replace(/.*\/.*/, '')}`
  return (
    <p class={`counsellor-save${trouble && ' counsellor-save--bad'}`}>
      <span aria-hidden="true">{trouble || calm}</span>
      <span class="govuk-visually-hidden" role="status">{trouble || say(savedAt === undefined ? 'draft.promise' : 'draft.saved')}</span>
    </p>
  )
}

/** Two devices wrote: both are shown, a person decides. */
function Conflict({ draft, other, mine, finish }: { draft: Draft; other: Other; mine: NoteBodyJson; finish: (amend: boolean) => void }) {
  const both = { ...mine, text: [other.body.text, mine.text].filter(Boolean).join('\n\n'), goals: mine.goals?.length ? mine.goals : other.body.goals }
  const settle = (body: NoteBodyJson) => void draft.settle(body)
  return (
    <section class="counsellor-conflict" aria-labelledby="conflict">
      <h2 class="govuk-heading-m" id="conflict">{say(other.signed ? 'draft.signed_elsewhere' : 'draft.two')}</h2>
      <p class="govuk-body">{say(other.signed ? 'draft.signed_elsewhere.text' : 'draft.two.text')}</p>
      <h3 class="govuk-heading-s">{say('draft.there')}</h3>
      <p class="counsellor-text">{other.body.text}</p>
      <h3 class="govuk-heading-s">{say('draft.here')}</h3>
      <p class="counsellor-text">{mine.text}</p>
      {other.signed ? (
        <div class="govuk-button-group">
          <Button onClick={() => finish(true)}>{say('draft.as_amendment')}</Button>
          <Button kind="secondary" onClick={() => finish(false)}>{say('draft.keep_other')}</Button>
        </div>
      ) : (
        <div class="govuk-button-group">
          <Button onClick={() => settle(both)}>{say('draft.keep_both')}</Button>
          <Button kind="secondary" onClick={() => settle(mine)}>{say('draft.keep_mine')}</Button>
          <Button kind="secondary" onClick={() => settle(other.body)}>{say('draft.keep_other')}</Button>
        </div>
      )}
    </section>
  )
}

function Goals({ goals, change, review }: { goals: GoalJson[]; change: (goals: GoalJson[]) => void; review: boolean }) {
  const set = (index: number, part: Partial<GoalJson>) => change(goals.map((goal, at) => (at === index ? { ...goal, ...part } : goal)))
  const area = (id: string, label: string, value: string, onInput: (text: string) => void, hint?: string) => (
    <div class="govuk-form-group">
      <label class="govuk-label" for={id}>{label}</label>
      {hint && <div class="govuk-hint" id={`${id}-hint`}>{hint}</div>}
      <textarea class="govuk-textarea" id={id} rows={2} autocomplete="off" spellcheck={false} value={value}
        aria-describedby={hint ? `${id}-hint` : undefined} onInput={(event) => onInput(event.currentTarget.value)} />
    </div>
  )
  return (
    <>
      {goals.map((goal, index) => (
        <fieldset class="govuk-fieldset counsellor-goal" key={index}>
          <legend class="govuk-fieldset__legend govuk-fieldset__legend--s">{say('plan.goal', { number: index + 1 })}</legend>
          {area(`goal-${index}`, say('plan.what'), goal.goal ?? '', (text) => set(index, { goal: text }), say('plan.what.hint'))}
          {area(`activities-${index}`, say('plan.activities'), (goal.activities ?? []).join('\n'),
            (text) => set(index, { activities: text === '' ? [] : text.split('\n') }), say('plan.activities.hint'))}
          <div class="govuk-form-group">
            <label class="govuk-label" for={`due-${index}`}>{say('plan.due')}</label>
            <input class="govuk-input govuk-input--width-10" type="date" id={`due-${index}`} value={dayOf(goal.dueOn)}
              onInput={(event) => set(index, { dueOn: event.currentTarget.value ? dateOf(event.currentTarget.value) : undefined })} />
          </div>
          {review && area(`progress-${index}`, say('plan.progress'), goal.progress ?? '', (text) => set(index, { progress: text }))}
          <p class="govuk-body">
            <LinkButton onClick={() => change(goals.filter((_, at) => at !== index))}>{say('plan.remove', { number: index + 1 })}</LinkButton>
          </p>
        </fieldset>
      ))}
      <Button kind="secondary" onClick={() => change([...goals, {}])}>{say('plan.add')}</Button>
    </>
  )
}

interface EditorProps {
  draft: Draft
  hint?: ComponentChildren
  onSigned: () => void
}

export function Editor({ draft, hint, onSigned }: EditorProps) {
  const { body, at, other } = useStore(draft.state)
  const [asked, setAsked] = useState<'sign' | 'discard'>()
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()
  const amendmentId = useRef(newId())
  const plan = hasGoals(draft.head.type)
  const empty = !body.text?.trim() && !(body.goals ?? []).some(({ goal }) => goal?.trim())

  // Whoever has gone elsewhere before `what` is done stays there.
  const run = (what: () => Promise<(() => void) | void>) => {
    if (busy) return
    setBusy(true)
    setError(undefined)
    const here = whileHere()
    what().then((goOn) => { if (here()) goOn?.() }).catch(setError).finally(() => setBusy(false))
  }
  const sign = () => run(async () => {
    await draft.save()
    if (draft.state.get().at !== 'saved') return setAsked(undefined)
    try {
      await call('notes.v1.NotesService/SignNote', { noteId: draft.head.id, revision: draft.revision })
    } catch (problem) {
      if (!(problem instanceof CallError) || problem.reason !== 'NOTE_REVISION_CHANGED') throw problem
      setAsked(undefined)
      return draft.compare()
    }
    closeDraft(draft)
    return onSigned
  })
  // It was signed elsewhere: what stands here goes beside it, or away.
  const finish = (amend: boolean) => run(async () => {
    if (amend) await call('notes.v1.NotesService/AmendNote', { id: amendmentId.current, noteId: draft.head.id, body })
    closeDraft(draft)
    return onSigned
  })
  const discard = () => run(async () => {
    if (draft.revision > 0 || at !== 'saved') await call('notes.v1.NotesService/DiscardDraft', { noteId: draft.head.id })
    closeDraft(draft)
    return () => goBack('/counsellor/schedule')
  })

  return (
    <>
      <ErrorSummary wrong={error ? [{ field: '', text: errorText(error) }] : []} />
      {at === 'conflict' && other && <Conflict draft={draft} other={other} mine={body} finish={finish} />}
      <div class="govuk-form-group" hidden={at === 'conflict'}>
        <label class="govuk-label govuk-label--m" for="text">{say(plan ? 'plan.text' : 'note.text')}</label>
        <div class="govuk-hint" id="text-hint">{hint ?? say('note.hint')}</div>
        <textarea class="govuk-textarea counsellor-writing" id="text" rows={plan ? 4 : 10} maxLength={90_000} autocomplete="off"
          spellcheck={false} aria-describedby="text-hint" value={body.text ?? ''}
          onInput={(event) => draft.write({ ...body, text: event.currentTarget.value })} onBlur={() => void draft.save()} />
        {plan && (
          <>
            <Goals goals={body.goals ?? []} change={(goals) => draft.write({ ...body, goals })} review={draft.head.type === 'NOTE_TYPE_PLAN_REVIEW'} />
            <div class="govuk-form-group">
              <label class="govuk-label" for="review">{say('plan.review')}</label>
              <input class="govuk-input govuk-input--width-10" type="date" id="review" value={dayOf(draft.head.reviewOn)}
                onInput={(event) => draft.reviewOn(event.currentTarget.value ? dateOf(event.currentTarget.value) : undefined)} />
            </div>
          </>
        )}
      </div>
      <SaveState draft={draft} />
      {asked
        ? (
          <div class="counsellor-ask">
            <Warning>{say(asked === 'sign' ? 'note.sign.warning' : 'note.discard.warning')}</Warning>
            <div class="govuk-button-group">
              {asked === 'sign'
                ? <Button busy={busy} onClick={sign}>{say('note.sign.confirm')}</Button>
                : <Button kind="warning" busy={busy} onClick={discard}>{say('note.discard.confirm')}</Button>}
              <LinkButton onClick={() => setAsked(undefined)}>{say('action.cancel')}</LinkButton>
            </div>
          </div>
        )
        : at !== 'conflict' && (
          <div class="govuk-button-group">
            <Button onClick={() => { if (empty) setError(new CallError('', '', say('note.empty'))); else setAsked('sign') }}>{say('note.sign')}</Button>
            <LinkButton onClick={() => setAsked('discard')}>{say('note.discard')}</LinkButton>
          </div>
        )}
    </>
  )
}
