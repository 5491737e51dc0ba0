// Did it take place? Who was there? Who came late? One page, one saving; it waits on this machine when there is no line.
import type { ExpectedPersonJson, MySessionDetailJson } from '@contracts/notes/v1/counsellor_pb'
import type { AttendanceMarkJson } from '@contracts/scheduling/v1/scheduling_pb'
import { useRef } from 'preact/hooks'
import { call } from '../../api'
import { Radios, TextField } from '../../components/fields'
import { Form, useForm, type FormState, type Wrong } from '../../components/form'
import { Loaded } from '../../components/loaded'
import { Button, Inset, LinkButton, Page, StickyBar } from '../../components/page'
import { correctionText, markName, sessionNames } from '../../names'
import { send } from '../../offline/spool'
import { newId } from '../../uuid'
import { say, type Key } from '../../words'
import { personLine, sayNext, whenText } from './parts'
import { useSession } from './session'

const PRESENT = ['ATTENDANCE_MARK_ATTENDED', 'ATTENDANCE_MARK_LATE'] as const
const ABSENT: AttendanceMarkJson[] = ['ATTENDANCE_MARK_SICK', 'ATTENDANCE_MARK_REFUSED', 'ATTENDANCE_MARK_NOT_ESCORTED',
  'ATTENDANCE_MARK_CLASH', 'ATTENDANCE_MARK_EXCUSED']
const NOT_HELD = 'ATTENDANCE_MARK_SESSION_CANCELLED'
const WHY_NOT = ['no_escort', 'prison', 'counsellor', 'other'] as const
// Later, a mark that stands is changed by a correction that a supervisor countersigns.
const FREE_MS = 7 * 86_400_000

interface Values {
  held: string
  why: string
  whyText: string
  // By participant: a mark, "absent" until its reason is chosen, or nothing.
  marks: Record<string, string>
  lateReason: string
}

function Row({ person, form }: { person: ExpectedPersonJson; form: FormState<Values> }) {
  const id = person.participantId!
  const mark = form.values.marks[id] ?? ''
  const absent = mark !== '' && !(PRESENT as readonly string[]).includes(mark)
  const set = (value: string) => form.set('marks', { ...form.values.marks, [id]: value })
  const wrong = form.wrong.find(({ field }) => field === `reason-${id}`)
  const choice = (value: string, text: string, chosen: boolean) => (
    <div class="govuk-radios__item">
      <input class="govuk-radios__input" type="radio" id={`${value}-${id}`} name={`mark-${id}`} checked={chosen} onChange={() => set(value)} />
      <label class="govuk-label govuk-radios__label" for={`${value}-${id}`}>{text}</label>
    </div>
  )
  return (
    <div class={`counsellor-mark${wrong ? ' govuk-form-group--error' : ''}`}>
      <fieldset class="govuk-fieldset">
        <legend class="govuk-fieldset__legend">
          <strong>{person.name}</strong> <span class="page-small">{personLine(person)}</span>
          {correctionText(person) && <span class="page-small">{correctionText(person)}</span>}
        </legend>
        <div class="govuk-radios govuk-radios--small counsellor-mark__choices">
          {choice(PRESENT[0], say('attendance.yes'), mark === PRESENT[0])}
          {choice(PRESENT[1], say('attendance.late'), mark === PRESENT[1])}
          {choice('absent', say('attendance.no'), absent)}
        </div>
        {absent && (
          <div class="counsellor-mark__why">
            <label class="govuk-label" for={`reason-${id}`}>{say('attendance.reason')}<span class="govuk-visually-hidden"> {person.name}</span></label>
            {wrong && <p class="govuk-error-message" id={`reason-${id}-error`}>{wrong.text}</p>}
            <select class="govuk-select" id={`reason-${id}`} value={mark} aria-describedby={wrong ? `reason-${id}-error` : undefined}
              onChange={(event) => set(event.currentTarget.value)}>
              <option value="absent">{say('attendance.reason.choose')}</option>
              {ABSENT.map((reason) => <option value={reason} key={reason}>{markName(reason)}</option>)}
            </select>
          </div>
        )}
      </fieldset>
    </div>
  )
}

function Marking({ detail }: { detail: MySessionDetailJson }) {
  const { session, people = [] } = detail
  const id = session!.sessionId!
  const path = `/counsellor/sessions/${id}`
  // Made once, so that sending a correction again makes no second one.
  const ids = useRef(new Map<string, string>())
  const idOf = (person: string) => ids.current.get(person) ?? ids.current.set(person, newId()).get(person)!
  const late = Date.now() > Date.parse(session!.endsAt!) + FREE_MS
  const before = new Map(people.map((person) => [person.participantId!, person]))
  const entered = ({ marks }: Values) => Object.entries(marks).filter(([, mark]) => mark !== '')
  const corrected = ({ held, marks }: Values) => (!late ? [] : people.filter(({ participantId, mark }) =>
    mark && (held === 'no' ? NOT_HELD : marks[participantId!]) !== mark))

  const form = useForm<Values>({
    held: session!.notHeld ? 'no' : people.some(({ mark }) => mark) ? 'yes' : '', why: '', whyText: '', lateReason: '',
    marks: Object.fromEntries(people.map(({ participantId, mark }) => [participantId!, mark && mark !== NOT_HELD ? mark : ''])),
  }, {
    keptAs: `attendance-${id}`,
    check: (values) => {
      const wrong: Wrong[] = []
      if (!values.held) wrong.push({ field: 'held', text: say('attendance.held.required') })
      if (values.held === 'no' && !values.why) wrong.push({ field: 'why', text: say('attendance.why.required') })
      if (values.held === 'yes') {
        if (entered(values).length === 0) wrong.push({ field: '', text: say('attendance.none') })
        for (const [person, mark] of entered(values)) {
          if (mark === 'absent') wrong.push({ field: `reason-${person}`, text: say('attendance.reason.required', { name: before.get(person)?.name ?? '' }) })
        }
      }
      if (corrected(values).length > 0 && !values.lateReason.trim()) wrong.push({ field: 'lateReason', text: say('attendance.late_reason.required') })
      return wrong
    },
    send: async (values, go) => {
      const why = values.why && [say(`attendance.why.${values.why}` as Key), values.whyText.trim()].filter(Boolean).join(': ')
      const all = values.held === 'no'
        ? people.map(({ participantId }) => ({ participantId: participantId!, mark: NOT_HELD as AttendanceMarkJson, remark: why }))
        : entered(values).map(([participantId, mark]) => ({ participantId, mark: mark as AttendanceMarkJson, remark: '' }))
      const changed = all.filter(({ participantId, mark }) => before.get(participantId)?.mark !== mark)
      const corrections = new Set(corrected(values).map(({ participantId }) => participantId))
      const marks = changed.filter(({ participantId }) => !corrections.has(participantId))
      for (const mark of changed.filter(({ participantId }) => corrections.has(participantId))) {
        await call('scheduling.v1.AttendanceService/CorrectAttendance',
          { ...mark, id: idOf(mark.participantId), sessionId: id, reason: values.lateReason.trim() })
      }
      const outcome = marks.length > 0 ? await send('scheduling.v1.AttendanceService/RecordAttendance', { sessionId: id, marks }, path) : { sent: true }
      sayNext(say(corrections.size > 0 ? 'attendance.corrected' : outcome.sent ? 'attendance.saved' : 'attendance.kept'))
      go(path, 'replace')
    },
  })

  const everybody = () => form.set('marks', Object.fromEntries(people.map(({ participantId }) =>
    [participantId!, form.values.marks[participantId!] || PRESENT[0]])))
  const count = entered(form.values).length
  const wanting = corrected(form.values).length > 0
  return (
    <Form form={form} actions={(
      <StickyBar>
        <Button busy={form.busy}>{say('action.save')}</Button>
        {form.values.held === 'yes' && <span role="status">{say('attendance.count', { count, all: people.length })}</span>}
      </StickyBar>
    )}>
      <Radios form={form} name="held" large label={say('attendance.held')} inline choices={[
        { value: 'yes', label: say('state.yes') }, { value: 'no', label: say('state.no') }]} />
      {form.values.held === 'no' && (
        <>
          <Radios form={form} name="why" label={say('attendance.why')}
            choices={WHY_NOT.map((value) => ({ value, label: say(`attendance.why.${value}`) }))} />
          <TextField form={form} name="whyText" label={<>{say('attendance.why.more')} {say('state.optional')}</>} hint={say('attendance.why.hint')} />
        </>
      )}
      {form.values.held === 'yes' && (
        <>
          <h2 class="govuk-heading-m">{say('attendance.who')}</h2>
          <p class="govuk-body"><LinkButton onClick={everybody}>{say('attendance.everybody')}</LinkButton></p>
          {people.map((person) => <Row person={person} form={form} key={person.participantId} />)}
        </>
      )}
      {wanting && (
        <>
          <Inset>{say('attendance.late.text')}</Inset>
          <TextField form={form} name="lateReason" label={say('attendance.late_reason')} />
        </>
      )}
    </Form>
  )
}

export function Attendance({ session: id }: Record<string, string>) {
  const loading = useSession(id!)
  const session = loading.data?.session
  return (
    <Page title={say('session.attendance')} back={`/counsellor/sessions/${id}`}
      {...(session ? { caption: [...sessionNames(session), whenText(session)].join(' · ') } : {})}>
      <Loaded of={loading}>{(detail) => <Marking detail={detail} key={detail.session!.sessionId} />}</Loaded>
    </Page>
  )
}
