// Ketersediaan: when one is away, which sessions that touches, and who could take them; and "Tidak bisa hadir" for one.
import type { AbsenceJson, AffectedSessionJson } from '@contracts/scheduling/v1/calendar_pb'
import { useRef, useState } from 'preact/hooks'
import { call } from '../../api'
import { Action } from '../../components/action'
import { DayField, noDay, Radios, readDay, TextField } from '../../components/fields'
import { Form, useForm, type Go, type Wrong } from '../../components/form'
import { Loaded, useCall } from '../../components/loaded'
import { Banner, Inset, LinkButton, Page, SummaryList } from '../../components/page'
import { componentName, sessionNames } from '../../names'
import { Link } from '../../router'
import { session } from '../../session'
import { addDays, clock, dateText, dayAt, dayText, instantOf, momentText } from '../../time'
import { newId } from '../../uuid'
import { say } from '../../words'
import { Said, sayNext, whenText } from './parts'
import { useSession } from './session'

// Whole days are away everywhere: from when they begin in the east until they end in the west.
const EAST = 'Asia/Jayapura'
const WEST = 'Asia/Jakarta'
const SHORT_MS = 20 * 3_600_000

function absenceText({ startsAt, endsAt }: AbsenceJson): string {
  if (Date.parse(endsAt!) - Date.parse(startsAt!) < SHORT_MS) return `${momentText(startsAt!, WEST)}–${clock(endsAt!, WEST)} WIB`
  const [first, last] = [dayAt(startsAt!, EAST), dayAt(Date.parse(endsAt!) - 1, WEST)]
  return first === last ? dayText(first, 'short') : say('away.from_until', { from: dateText(first), until: dateText(last) })
}

export function Availability() {
  const me = session.get()!.person.id!
  const absences = useCall('scheduling.v1.CalendarService/ListAbsences', { counsellorId: me }, { live: ['scheduling.'] })
  const id = useRef(newId())
  const form = useForm({ first: noDay, last: noDay, note: '' }, {
    check: ({ first, last }) => {
      const wrong: Wrong[] = []
      const [from, until] = [readDay(first), readDay(last)]
      if (!from) wrong.push({ field: 'first', text: say('error.date') })
      if (until === null) wrong.push({ field: 'last', text: say('error.date') })
      if (from && from < dayAt(Date.now(), WEST)) wrong.push({ field: 'first', text: say('away.past') })
      if (from && until && until < from) wrong.push({ field: 'last', text: say('away.order') })
      return wrong
    },
    send: async ({ first, last, note }, go) => {
      const from = readDay(first)!
      const absence = await call('scheduling.v1.CalendarService/CreateAbsence', {
        id: id.current, counsellorId: me, startsAt: instantOf(from, EAST), endsAt: instantOf(addDays(readDay(last) || from, 1), WEST), note: note.trim(),
      })
      sayNext(say('away.saved'))
      go(`/counsellor/availability/${absence.id}`)
    },
  })
  return (
    <Page title={say('away.title')}>
      <Said />
      <Loaded of={absences}>
        {({ absences: rows = [] }) => (rows.length === 0
          ? <p class="govuk-body">{say('away.none')}</p>
          : (
            <>
              <h2 class="govuk-heading-m">{say('away.coming')}</h2>
              <ul class="counsellor-cards">
                {rows.map((absence) => (
                  <li class="counsellor-card" key={absence.id}>
                    <p class="counsellor-person__name">{absenceText(absence)}</p>
                    {absence.note && <p class="counsellor-person__line">{absence.note}</p>}
                    <p class="counsellor-card__more">
                      <Link to={`/counsellor/availability/${absence.id}`}>
                        {absence.affectedCount ? say('away.affected', { count: absence.affectedCount }) : say('away.affected.none')}
                        <span class="govuk-visually-hidden"> {absenceText(absence)}</span>
                      </Link>
                    </p>
                  </li>
                ))}
              </ul>
            </>
          ))}
      </Loaded>
      <h2 class="govuk-heading-m">{say('away.new')}</h2>
      <Form form={form} submit={say('away.save')}>
        <DayField form={form} name="first" label={say('away.first')} hint={say('away.first.hint')} />
        <DayField form={form} name="last" label={<>{say('away.last')} {say('state.optional')}</>} hint={say('away.last.hint')} />
        <TextField form={form} name="note" label={<>{say('away.note')} {say('state.optional')}</>} hint={say('away.note.hint')} />
      </Form>
    </Page>
  )
}

function Affected({ of, settled }: { of: AffectedSessionJson; settled: (text: string) => Promise<void> }) {
  const me = session.get()!.person.id!
  const { substituteIds = [], substituteNames = [] } = of
  const form = useForm({ who: '' }, {
    check: ({ who }) => (who ? [] : [{ field: 'who', text: say('away.who.required') }]),
    send: async ({ who }) => {
      if (who === 'cancel') await call('scheduling.v1.SchedulingService/CancelSession', { sessionId: of.sessionId!, reason: 'CANCEL_REASON_COUNSELLOR_ABSENT' })
      else await call('scheduling.v1.SchedulingService/ReplaceCounsellor', { sessionId: of.sessionId!, counsellorId: me, substituteId: who })
      await settled(who === 'cancel' ? say('away.cancelled') : say('away.replaced', { name: substituteNames[substituteIds.indexOf(who)] ?? '' }))
    },
  })
  return (
    <li class="counsellor-card">
      <h2 class="counsellor-card__head">
        <span class="counsellor-time">{whenText({ ...of, zone: of.zone ?? '' })} </span>
        <Link to={`/counsellor/sessions/${of.sessionId}`}>{componentName(of.component)}</Link>
      </h2>
      <p class="counsellor-card__place">{of.prisonName} · {of.roomName} · {say('counsellor.people', { count: of.participantCount ?? 0 })}</p>
      <Form form={form} submit={say('away.settle')}>
        <Radios form={form} name="who" label={substituteIds.length > 0 ? say('away.who') : say('away.nobody')} choices={[
          ...substituteIds.map((value, index) => ({ value, label: substituteNames[index] ?? value, hint: say('away.free') })),
          { value: 'cancel', label: say('away.cancel'), hint: say('away.cancel.hint') },
        ]} />
      </Form>
    </li>
  )
}

export function Absence({ absence: id }: Record<string, string>) {
  const loading = useCall('scheduling.v1.CalendarService/ListAffectedSessions', { absenceId: id!, pageSize: 100 }, { live: ['scheduling.'] })
  const [done, setDone] = useState<string>()
  const [sure, setSure] = useState(false)
  const withdraw = async (go: Go) => {
    await call('scheduling.v1.CalendarService/WithdrawAbsence', { absenceId: id! })
    sayNext(say('away.withdrawn'))
    go('/counsellor/availability', 'replace')
  }
  return (
    <Page title={say('away.affected.title')} back="/counsellor/availability">
      {done ? <Banner kind="success" heading={done} key={done} /> : <Said />}
      <Loaded of={loading}>
        {({ sessions = [] }) => (sessions.length === 0
          ? <p class="govuk-body">{say('away.all_settled')}</p>
          : (
            <>
              <p class="govuk-body">{say('away.affected.text')}</p>
              <ul class="counsellor-cards">
                {sessions.map((of) => <Affected of={of} key={of.sessionId} settled={(text) => { setDone(text); return loading.reload() }} />)}
              </ul>
            </>
          ))}
      </Loaded>
      {sure
        ? (
          <>
            <Inset>{say('away.withdraw.text')}</Inset>
            <div class="govuk-button-group">
              <Action kind="warning" text={say('away.withdraw.confirm')} act={withdraw} />
              <LinkButton onClick={() => setSure(false)}>{say('action.cancel')}</LinkButton>
            </div>
          </>
        )
        : <p class="govuk-body"><LinkButton onClick={() => setSure(true)}>{say('away.withdraw')}</LinkButton></p>}
    </Page>
  )
}

/** Tidak bisa hadir: an absence as long as one session. */
export function Cannot({ session: id }: Record<string, string>) {
  const loading = useSession(id!)
  const of = loading.data?.session
  const absenceId = useRef(newId())
  const form = useForm({ note: '' }, {
    send: async ({ note }, go) => {
      const absence = await call('scheduling.v1.CalendarService/CreateAbsence', {
        id: absenceId.current, counsellorId: session.get()!.person.id!, startsAt: of!.startsAt!, endsAt: of!.endsAt!, note: note.trim(),
      })
      sayNext(say('away.saved'))
      go(`/counsellor/availability/${absence.id}`, 'replace')
    },
  })
  return (
    <Page title={say('counsellor.cannot')} back={`/counsellor/sessions/${id}`}>
      <Loaded of={loading}>
        {({ session: shown }) => (
          <>
            <SummaryList rows={[
              { key: say('cannot.session'), value: sessionNames(shown!).join(' · ') },
              { key: say('cannot.when'), value: whenText(shown!) },
              { key: say('session.place'), value: `${shown!.prisonName}, ${shown!.roomName}` },
            ]} />
            <p class="govuk-body">{say('cannot.text')}</p>
            <Form form={form} submit={say('cannot.save')}>
              <TextField form={form} name="note" label={<>{say('away.note')} {say('state.optional')}</>} hint={say('away.note.hint')} />
            </Form>
          </>
        )}
      </Loaded>
    </Page>
  )
}
