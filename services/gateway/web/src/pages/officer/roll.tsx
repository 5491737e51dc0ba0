// Catat hadir: who came to one session. Not recorded is not absent; what is changed later stays visible.
import '../../shared'
import type { RollEntryJson, RollJson } from '@contracts/scheduling/v1/day_pb'
import type { RecordAttendanceRequestJson } from '@contracts/scheduling/v1/attendance_pb'
import type { AttendanceMarkJson } from '@contracts/scheduling/v1/scheduling_pb'
import { useEffect, useRef, useState } from 'preact/hooks'
import { Loaded, useCall } from '../../components/loaded'
import { ErrorSummary, useForm, type FormState } from '../../components/form'
import { TextField } from '../../components/fields'
import { Banner, Button, Inset, LinkButton, Page, StickyBar, Tag } from '../../components/page'
import { cancelName, correctionText, markName, sessionNames } from '../../names'
import { send, spool } from '../../offline/spool'
import { zoneNameOf, zoneOf } from '../../prisons'
import { Link } from '../../router'
import { hasRole } from '../../session'
import { useStore } from '../../store'
import { clock, dayAt, dayText, momentText } from '../../time'
import { say } from '../../words'

const ABSENT: AttendanceMarkJson[] = ['ATTENDANCE_MARK_SICK', 'ATTENDANCE_MARK_REFUSED', 'ATTENDANCE_MARK_NOT_ESCORTED', 'ATTENDANCE_MARK_CLASH', 'ATTENDANCE_MARK_EXCUSED']
const WEEK_MS = 7 * 86_400_000
// Of each person; 'absent' is one whose reason is still to be chosen.
type Marks = Record<string, AttendanceMarkJson | 'absent'>
interface Values { marks: Marks; lateReason: string }

const isPresent = (mark: string | undefined) => mark === 'ATTENDANCE_MARK_ATTENDED' || mark === 'ATTENDANCE_MARK_LATE'

export function Roll({ session: id }: Record<string, string>) {
  const roll = useCall('scheduling.v1.DayService/GetRoll', { sessionId: id! }, { live: ['scheduling.'], keep: true })
  return (
    <Page title={say('officer.roll')} back="/officer/sessions" heading={roll.data && sessionNames(roll.data)[0]}
      caption={roll.data && <When roll={roll.data} />}>
      <Loaded of={roll}>{(data) => <RollOf roll={data} reload={roll.reload} />}</Loaded>
    </Page>
  )
}

function When({ roll }: { roll: RollJson }) {
  const zone = zoneOf(roll.prisonId)
  return <>{dayText(dayAt(roll.startsAt!, zone))}, {clock(roll.startsAt!, zone)}–{clock(roll.endsAt!, zone)} {zoneNameOf(roll.prisonId)}</>
}

function RollOf({ roll, reload }: { roll: RollJson; reload: () => Promise<void> }) {
  const zone = zoneOf(roll.prisonId)
  const entries = roll.entries ?? []
  const begun = Date.parse(roll.startsAt!) <= Date.now()
  const locked = Date.now() >= Date.parse(roll.endsAt!) + WEEK_MS
  const late = dayAt(roll.endsAt!, zone) < dayAt(Date.now(), zone)
  const mayRecord = hasRole('ROLE_OFFICER', 'ROLE_COUNSELLOR', 'ROLE_COORDINATOR')
  const [before, setBefore] = useState<Marks[]>([])
  const [done, setDone] = useState<'sent' | 'kept'>()
  // What waits for the line counts as recorded here.
  const waiting: Marks = Object.fromEntries(useStore(spool)
    .filter((item) => !item.refused && (item.request as RecordAttendanceRequestJson).sessionId === roll.sessionId)
    .flatMap((item) => (item.request as RecordAttendanceRequestJson).marks ?? []).map(({ participantId, mark }) => [participantId!, mark!]))
  const recorded = (entry: RollEntryJson) => waiting[entry.participantId!] ?? (entry.version ? entry.mark : undefined)

  const form = useForm<Values>({ marks: {}, lateReason: '' }, {
    keptAs: `roll:${roll.sessionId}`,
    check: ({ marks, lateReason }) => [
      ...entries.filter((entry) => marks[entry.participantId!] === 'absent').map((entry) => ({
        field: `reason-${entry.participantId}`, text: say('officer.roll.reason_missing', { name: entry.name! }) })),
      ...(late && !lateReason.trim() ? [{ field: 'lateReason', text: say('officer.roll.late_missing') }] : []),
    ],
    send: async ({ marks, lateReason }) => {
      const changed = Object.entries(marks).map(([participantId, mark]) => ({ participantId, mark: mark as AttendanceMarkJson }))
      const outcome = await send('scheduling.v1.AttendanceService/RecordAttendance',
        { sessionId: roll.sessionId!, marks: changed, ...(late ? { lateReason: lateReason.trim() } : {}) }, `/officer/sessions/${roll.sessionId}`)
      // What is sent doesn't stand there as not recorded for the moment that reading takes; what was marked meanwhile isn't sent.
      if (outcome.sent) await reload()
      setDone(outcome.sent ? 'sent' : 'kept')
      setBefore([])
      form.set('marks', Object.fromEntries(Object.entries(shown.current).filter(([person, mark]) => mark !== marks[person])))
      form.set('lateReason', '')
    },
  })
  const { marks } = form.values
  const shown = useRef(marks)
  shown.current = marks
  const current = (entry: RollEntryJson) => marks[entry.participantId!] ?? recorded(entry)

  const change = (next: Marks) => {
    setDone(undefined)
    setBefore([...before, marks])
    // Set back to what stands recorded is no change.
    form.set('marks', Object.fromEntries(Object.entries(next).filter(([person, mark]) =>
      mark !== recorded(entries.find((entry) => entry.participantId === person) ?? {}))))
  }
  const undo = () => {
    form.set('marks', before[before.length - 1] ?? {})
    setBefore(before.slice(0, -1))
  }
  const everybody = () => change({ ...marks, ...Object.fromEntries(entries
    .filter((entry) => current(entry) === undefined).map((entry) => [entry.participantId!, 'ATTENDANCE_MARK_ATTENDED' as const])) })

  const count = (is: (mark: Marks[string] | undefined) => boolean) => entries.filter((entry) => is(current(entry))).length
  const present = count(isPresent)
  const unmarked = count((mark) => mark === undefined)
  const changes = Object.keys(marks).length
  const open = mayRecord && begun && roll.status !== 'SESSION_STATUS_CANCELLED'

  return (
    <>
      {done && <Banner kind="success" heading={say(done === 'sent' ? 'officer.roll.sent' : 'officer.roll.kept')} />}
      <p class="govuk-body">{[...sessionNames(roll).slice(1), roll.roomName, ...(roll.counsellorNames ?? [])].join(' · ')}</p>
      {roll.status === 'SESSION_STATUS_CANCELLED' && <Inset>{say('officer.cancelled')}: {cancelName(roll.cancelReason)} {roll.cancelNote}</Inset>}
      {!begun && roll.status !== 'SESSION_STATUS_CANCELLED' && <Inset>{say('officer.roll.too_early')}</Inset>}
      {locked && open && <Inset>{say('officer.roll.locked')}</Inset>}
      {entries.length === 0 && <p class="govuk-body">{say('officer.roll.nobody')}</p>}
      <form onSubmit={form.submit} noValidate>
        <ErrorSummary wrong={form.wrong} />
        {open && unmarked > 0 && <Button kind="secondary" onClick={everybody}>{say('officer.roll.everybody')}</Button>}
        <ul class="roll">
          {entries.map((entry) => (
            <Entry key={entry.participantId} entry={entry} roll={roll} mark={current(entry)} form={form} open={open && !(locked && entry.version)}
              waiting={waiting[entry.participantId!] !== undefined} onMark={(mark) => change({ ...marks, [entry.participantId!]: mark })} />
          ))}
        </ul>
        {open && late && changes > 0 && (
          <TextField form={form} name="lateReason" label={say('officer.roll.late')} hint={say('officer.roll.late.hint')} rows={2} />
        )}
        {entries.length > 0 && (
          <StickyBar>
            <span role="status">
              <strong>{say('officer.count.here', { count: present })}</strong> · {say('officer.count.absent', { count: entries.length - present - unmarked })} ·{' '}
              <strong class={unmarked > 0 ? 'roll__unmarked' : undefined}>{say('officer.count.unmarked', { count: unmarked })}</strong>
            </span>
            {changes > 0 && <Button busy={form.busy}>{say('officer.roll.save', { count: changes })}</Button>}
            {before.length > 0 && <LinkButton onClick={undo} repeats>{say('action.undo')}</LinkButton>}
          </StickyBar>
        )}
      </form>
      {begun && <History roll={roll} />}
    </>
  )
}

interface EntryProps {
  entry: RollEntryJson
  roll: RollJson
  mark: Marks[string] | undefined
  form: FormState<Values>
  open: boolean
  waiting: boolean
  onMark: (mark: Marks[string]) => void
}

function Entry({ entry, roll, mark, form, open, waiting, onMark }: EntryProps) {
  const id = entry.participantId!
  const present = isPresent(mark)
  const absent = mark !== undefined && !present
  const reason = `reason-${id}`
  const error = form.wrong.find((wrong) => wrong.field === reason)
  const radio = (value: Marks[string], checked: boolean, label: string) => (
    <span class="roll__choice">
      <input type="radio" name={`mark-${id}`} id={`${value}-${id}`} checked={checked} onChange={() => onMark(value)} />
      <label for={`${value}-${id}`}>{label}</label>
    </span>
  )
  return (
    <li class={`roll__row${error ? ' roll__row--error' : ''}`}>
      <fieldset class="roll__person">
        <legend>
          <span class="roll__block">{entry.block || '–'}</span>
          <span class="roll__name"><Link to={`/officer/people/${id}`}>{entry.name}</Link></span>
          <span class="page-small">
            {entry.registerNumber}{entry.aliases?.length ? ` · ${say('officer.aliases', { names: entry.aliases.join(', ') })}` : ''}
          </span>
          {entry.sameName && <Tag tone="yellow">{say('officer.same_name')}</Tag>}
        </legend>
        {open
          ? (
            <div class="roll__marks">
              {radio('ATTENDANCE_MARK_ATTENDED', present, say('mark.ATTENDED'))}
              {radio('absent', absent, say('officer.roll.absent'))}
            </div>
          )
          : <div class="roll__fixed">{markName(mark as AttendanceMarkJson | undefined)}</div>}
        {open && present && (
          <label class="roll__late">
            <input type="checkbox" checked={mark === 'ATTENDANCE_MARK_LATE'}
              onChange={(event) => onMark(event.currentTarget.checked ? 'ATTENDANCE_MARK_LATE' : 'ATTENDANCE_MARK_ATTENDED')} /> {say('officer.roll.was_late')}
          </label>
        )}
        {open && absent && (
          <div class="roll__reason">
            {error && <p class="govuk-error-message" id={`${reason}-error`}>{error.text}</p>}
            <label class="govuk-label" for={reason}>{say('officer.roll.reason')}</label>
            <select class={`govuk-select${error ? ' govuk-select--error' : ''}`} id={reason} value={mark === 'absent' ? '' : mark}
              aria-describedby={error ? `${reason}-error` : undefined}
              onChange={(event) => onMark((event.currentTarget.value || 'absent') as Marks[string])}>
              <option value="">{say('officer.roll.choose')}</option>
              {ABSENT.map((value) => <option value={value} key={value}>{markName(value)}</option>)}
            </select>
          </div>
        )}
        <Recorded entry={entry} roll={roll} waiting={waiting} locked={!open} />
      </fieldset>
    </li>
  )
}

function Recorded({ entry, roll, waiting, locked }: { entry: RollEntryJson; roll: RollJson; waiting: boolean; locked: boolean }) {
  if (waiting) return <p class="roll__recorded"><Tag tone="yellow">{say('line.saved_here')}</Tag></p>
  if (!entry.version) return null
  return (
    <p class="roll__recorded">
      {say('officer.roll.recorded', { when: momentText(entry.recordedAt!, zoneOf(roll.prisonId)), name: entry.recordedByName || '–' })}
      {entry.version > 1 && <> · {say('officer.roll.amended')}</>}
      {entry.lateReason && <> · {say('officer.roll.late_because', { reason: entry.lateReason })}</>}
      {correctionText(entry) && <> · {correctionText(entry)}</>}
      {locked && !entry.correction && hasRole('ROLE_OFFICER') && <> · <Link to={`/officer/sessions/${roll.sessionId}/correct/${entry.participantId}`}>{say('officer.correct')}</Link></>}
    </p>
  )
}

/** Every mark that was changed, with what stood before. */
function History({ roll }: { roll: RollJson }) {
  const amended = (roll.entries ?? []).filter((entry) => (entry.version ?? 0) > 1)
  const history = useCall('scheduling.v1.AttendanceService/ListAttendanceHistory', amended.length > 0 ? { sessionId: roll.sessionId! } : null, { live: ['scheduling.attendance'] })
  useEffect(() => void history.reload(), [roll])
  if (amended.length === 0) return null
  const zone = zoneOf(roll.prisonId)
  return (
    <section class="roll__history">
      <h2 class="govuk-heading-m">{say('officer.history')}</h2>
      <Loaded of={history}>
        {({ entries = [] }) => (
          <ul class="govuk-list govuk-list--bullet">
            {entries.map((entry, index) => {
              const earlier = entries[index - 1]
              if ((entry.version ?? 0) < 2) return null
              return (
                <li key={`${entry.participantId} ${entry.version}`}>
                  {amended.find(({ participantId }) => participantId === entry.participantId)?.name}: <s>{markName(earlier?.mark)}</s> → <strong>{markName(entry.mark)}</strong>
                  <span class="page-small">
                    {momentText(entry.recordedAt!, zone)} · {entry.recordedByName}{entry.lateReason ? ` · ${entry.lateReason}` : ''}{entry.remark ? ` · ${entry.remark}` : ''}
                  </span>
                </li>
              )
            })}
          </ul>
        )}
      </Loaded>
    </section>
  )
}
