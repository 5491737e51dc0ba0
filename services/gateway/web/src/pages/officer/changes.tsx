// Perubahan: what became of plans, days on which nobody is let in, people in another block.
import '../../shared'
import type { ClosureKindJson } from '@contracts/scheduling/v1/calendar_pb'
import type { ClosureRowJson, SessionChangeJson } from '@contracts/scheduling/v1/day_pb'
import { useState } from 'preact/hooks'
import { call } from '../../api'
import { DayField, noDay, Radios, readDay, TextField, typedDay } from '../../components/fields'
import { ErrorSummary, Form, useForm, type Wrong } from '../../components/form'
import { Loaded, useCall } from '../../components/loaded'
import { Banner, Button, ButtonLink, LinkButton, Page, SummaryList, Tag, Warning, type Tone } from '../../components/page'
import { daysText, timesText, weekdaysText } from '../../hours'
import { cancelName, componentName, sessionNames } from '../../names'
import { ownPrisonId, zoneNameOf, zoneOf } from '../../prisons'
import { Link } from '../../router'
import { addDays, clock, dayAt, dayText, instantOf, momentText } from '../../time'
import { newId } from '../../uuid'
import { say, type Key } from '../../words'

const TONES: Record<string, Tone> = { ADDED: 'turquoise', MOVED: 'blue', CANCELLED: 'red', RESTORED: 'green' }

export function Changes() {
  const prison = ownPrisonId()
  const zone = zoneOf(prison)
  const [token, setToken] = useState<string[]>([''])
  const changes = useCall('scheduling.v1.DayService/ListSessionChanges', { prisonId: prison, pageSize: 20, pageToken: token[token.length - 1]! }, { live: ['scheduling.session_'], keep: true })
  const closures = useCall('scheduling.v1.DayService/ListClosures', { prisonId: prison }, { live: ['scheduling.session_'] })
  const hours = useCall('scheduling.v1.ClosedHoursService/ListClosedHours', { prisonId: prison }, { live: ['scheduling.session_'] })
  const moves = useCall('scheduling.v1.DayService/ListBlockMoves', { prisonId: prison }, { live: ['enrollment.participant'] })
  const next = changes.data?.nextPageToken
  return (
    <Page title={say('officer.changes')} caption={zoneNameOf(prison)}>
      <h2 class="govuk-heading-m">{say('officer.closures')}</h2>
      <Loaded of={closures}>
        {({ rows = [] }) => (rows.length === 0
          ? <p class="govuk-body">{say('officer.closures.none')}</p>
          : <ul class="govuk-list change-list">{rows.map((row) => <ClosureItem row={row} zone={zone} key={row.closure?.id} />)}</ul>)}
      </Loaded>
      <Loaded of={hours}>
        {({ closedHours: rows = [] }) => rows.length > 0 && (
          <ul class="govuk-list change-list">
            {rows.map((row) => <li key={row.id}><strong>{row.name}</strong><span class="change-list__what">{weekdaysText(row)}, {timesText(row)}</span><span class="page-small">{daysText(row)}</span></li>)}
          </ul>
        )}
      </Loaded>
      <ButtonLink kind="secondary" to="/officer/changes/close">{say('officer.close')}</ButtonLink>
      <Loaded of={moves}>
        {({ moves: rows = [] }) => rows.length > 0 && (
          <>
            <h2 class="govuk-heading-m">{say('officer.moves')}</h2>
            <ul class="govuk-list change-list">
              {rows.map((row) => (
                <li key={row.participantId}>
                  <Link to={`/officer/people/${row.participantId}`}>{row.name}</Link> <span class="page-small">{row.registerNumber}</span>
                  {say('officer.moves.row', { before: row.blockBefore || '–', now: row.block || '–' })}
                  <span class="page-small">{say('officer.moves.next', { when: momentText(row.nextStartsAt!, zone) })}</span>
                </li>
              ))}
            </ul>
          </>
        )}
      </Loaded>
      <h2 class="govuk-heading-m">{say('officer.changes.sessions')}</h2>
      <Loaded of={changes}>
        {({ changes: rows = [] }) => (rows.length === 0
          ? <p class="govuk-body">{say('officer.changes.none')}</p>
          : <ul class="govuk-list change-list">{rows.map((row) => <ChangeItem row={row} zone={zone} key={`${row.sessionId} ${row.version}`} />)}</ul>)}
      </Loaded>
      <div class="page-paging">
        {token.length > 1 && <Button kind="secondary" onClick={() => setToken(token.slice(0, -1))}>{say('action.previous')}</Button>}
        {next && <Button kind="secondary" onClick={() => setToken([...token, next])}>{say('action.next')}</Button>}
      </div>
    </Page>
  )
}

function ChangeItem({ row, zone }: { row: SessionChangeJson; zone: string }) {
  const kind = row.kind?.replace('SESSION_CHANGE_KIND_', '') ?? 'MOVED'
  const time = (starts: string, ends: string) => `${dayText(dayAt(starts, zone), 'short')}, ${clock(starts, zone)}–${clock(ends, zone)}`
  const moved = row.wasStartsAt && row.wasStartsAt !== row.startsAt
  return (
    <li>
      <Tag tone={TONES[kind] ?? 'grey'}>{say(`officer.change.${kind}` as Key)}</Tag>{' '}
      <Link to={`/officer/sessions/${row.sessionId}`}>{componentName(row.component)}</Link>
      <span class="change-list__what">
        {moved && <><s>{time(row.wasStartsAt!, row.wasEndsAt!)}</s> → </>}
        {kind === 'CANCELLED' ? <s>{time(row.startsAt!, row.endsAt!)}</s> : time(row.startsAt!, row.endsAt!)}
        {row.wasRoomName && row.wasRoomName !== row.roomName ? <>, <s>{row.wasRoomName}</s> → {row.roomName}</> : `, ${row.roomName}`}
      </span>
      {kind === 'CANCELLED' && row.cancelReason && <span class="change-list__what">{cancelName(row.cancelReason)}{row.cancelNote ? `: ${row.cancelNote}` : ''}</span>}
      <span class="page-small">{momentText(row.changedAt!, zone)} · {row.changedByName || say('officer.machine')}</span>
    </li>
  )
}

const span = (row: ClosureRowJson, zone: string) => {
  const first = dayAt(row.closure!.startsAt!, zone)
  const last = dayAt(Date.parse(row.closure!.endsAt!) - 1, zone)
  return first === last ? dayText(first) : `${dayText(first, 'short')} – ${dayText(last, 'short')}`
}
const kindName = (kind: ClosureKindJson | undefined) => say(kind === 'CLOSURE_KIND_LOCKDOWN' ? 'officer.close.lockdown' : 'officer.close.closed')

const ClosureItem = ({ row, zone }: { row: ClosureRowJson; zone: string }) => (
  <li>
    <Tag tone="red">{kindName(row.closure?.kind)}</Tag> <strong>{span(row, zone)}</strong>
    {row.closure?.note && <span class="change-list__what">{row.closure.note}</span>}
    <span class="page-small">{say('officer.closures.row', { count: row.cancelledCount ?? 0, name: row.createdByName || '–' })}</span>
    <Link to={`/officer/changes/open/${row.closure?.id}`}>{say('officer.open')}<span class="govuk-visually-hidden"> {span(row, zone)}</span></Link>
  </li>
)

/** A whole day, or several: what is cancelled by it is shown before it is. */
export function CloseDay() {
  const prison = ownPrisonId()
  const zone = zoneOf(prison)
  const [id] = useState(newId)
  const [asked, setAsked] = useState<{ first: string; last: string }>()
  const [done, setDone] = useState(false)
  const form = useForm({ kind: '', first: typedDay(dayAt(Date.now(), zone)), last: noDay, note: '' }, {
    check: ({ kind, first, last }) => {
      const wrong: Wrong[] = []
      const [from, until] = [readDay(first), readDay(last)]
      if (!kind) wrong.push({ field: 'kind', text: say('officer.close.kind_missing') })
      if (!from) wrong.push({ field: 'first', text: say('error.date') })
      if (until === null) wrong.push({ field: 'last', text: say('error.date') })
      if (from && until && until < from) wrong.push({ field: 'last', text: say('officer.close.order') })
      return wrong
    },
    send: async ({ kind, first, last, note }) => {
      const from = readDay(first)!
      const until = readDay(last) || from
      if (!asked) return setAsked({ first: from, last: until })
      await call('scheduling.v1.CalendarService/CreateClosure', {
        id, prisonId: prison, kind: kind as ClosureKindJson, note: note.trim(),
        startsAt: instantOf(from, zone), endsAt: instantOf(addDays(until, 1), zone),
      })
      setDone(true)
    },
  })
  const affected = useCall('scheduling.v1.SchedulingService/ListSessions', asked ? {
    prisonId: prison, status: 'SESSION_STATUS_SCHEDULED', pageSize: 200, fromTime: instantOf(asked.first, zone), untilTime: instantOf(addDays(asked.last, 1), zone),
  } : null)

  if (done) {
    return (
      <Page title={say('officer.close')} key="done">
        <Banner kind="success" heading={say('officer.close.done')}><p class="govuk-body">{say('officer.close.told')}</p></Banner>
        <p class="govuk-body"><Link to="/officer/changes">{say('officer.changes')}</Link></p>
      </Page>
    )
  }
  if (asked) {
    return (
      <Page title={say('officer.close.check')} back="/officer/changes" key="check">
        <ErrorSummary wrong={form.wrong} />
        <SummaryList rows={[
          { key: say('officer.close.days'), value: asked.first === asked.last ? dayText(asked.first) : `${dayText(asked.first)} – ${dayText(asked.last)}` },
          { key: say('officer.close.kind'), value: kindName(form.values.kind as ClosureKindJson) },
          { key: say('officer.close.note'), value: form.values.note || '–' },
        ]} />
        <Loaded of={affected}>
          {({ sessions = [] }) => {
            const coming = sessions.filter((session) => Date.parse(session.startsAt!) > Date.now())
            return (
              <>
                {coming.length === 0 ? <p class="govuk-body">{say('officer.close.none')}</p> : (
                  <>
                    <Warning>{say('officer.close.affected', { count: coming.length })}</Warning>
                    <ul class="govuk-list govuk-list--bullet">
                      {coming.map((session) => (
                        <li key={session.id}>{dayText(dayAt(session.startsAt!, zone), 'short')}, {clock(session.startsAt!, zone)} {sessionNames(session).join(' · ')}, {session.roomName}</li>
                      ))}
                    </ul>
                  </>
                )}
                <div class="govuk-button-group">
                  <Button kind="warning" busy={form.busy} onClick={form.submit}>{say('officer.close.submit')}</Button>
                  <LinkButton onClick={() => setAsked(undefined)}>{say('action.change')}</LinkButton>
                </div>
              </>
            )
          }}
        </Loaded>
      </Page>
    )
  }
  return (
    <Page title={say('officer.close')} back="/officer/changes" key="form">
      <p class="govuk-body">{say('officer.close.text')}</p>
      <Form form={form} submit={say('action.continue')}>
        <Radios form={form} name="kind" label={say('officer.close.kind')} large choices={[
          { value: 'CLOSURE_KIND_LOCKDOWN', label: say('officer.close.lockdown'), hint: say('officer.close.lockdown.hint') },
          { value: 'CLOSURE_KIND_CLOSED', label: say('officer.close.closed'), hint: say('officer.close.closed.hint') },
        ]} />
        <DayField form={form} name="first" label={say('officer.close.first')} />
        <DayField form={form} name="last" label={<>{say('officer.close.last')} {say('state.optional')}</>} hint={say('officer.close.last.hint')} />
        <TextField form={form} name="note" label={<>{say('officer.close.note')} {say('state.optional')}</>} hint={say('officer.close.note.hint')} rows={2} />
      </Form>
    </Page>
  )
}

/** Takes a closure back. */
export function OpenAgain({ closure: id }: Record<string, string>) {
  const prison = ownPrisonId()
  const closures = useCall('scheduling.v1.DayService/ListClosures', { prisonId: prison })
  const [outcome, setOutcome] = useState<{ restored: number; kept: number }>()
  const form = useForm({}, {
    send: async () => {
      const { restoredCount = 0, keptCount = 0 } = await call('scheduling.v1.DayService/WithdrawClosure', { closureId: id! })
      setOutcome({ restored: restoredCount, kept: keptCount })
    },
  })
  if (outcome) {
    return (
      <Page title={say('officer.open')} key="done">
        <Banner kind="success" heading={say('officer.open.done', { count: outcome.restored })}>
          {outcome.kept > 0 && <p class="govuk-body">{say('officer.open.kept', { count: outcome.kept })}</p>}
        </Banner>
        <p class="govuk-body"><Link to="/officer/changes">{say('officer.changes')}</Link></p>
      </Page>
    )
  }
  return (
    <Page title={say('officer.open')} back="/officer/changes">
      <ErrorSummary wrong={form.wrong} />
      <Loaded of={closures}>
        {({ rows = [] }) => {
          const row = rows.find(({ closure }) => closure?.id === id)
          return row
            ? (
              <>
                <SummaryList rows={[{ key: say('officer.close.days'), value: span(row, zoneOf(prison)) }, { key: say('officer.close.kind'), value: kindName(row.closure?.kind) },
                  { key: say('officer.closures.cancelled'), value: row.cancelledCount ?? 0 }]} />
                <p class="govuk-body">{say('officer.open.text')}</p>
                <Button busy={form.busy} onClick={form.submit}>{say('officer.open.submit')}</Button>
              </>
            )
            : <p class="govuk-body">{say('officer.open.gone')}</p>
        }}
      </Loaded>
    </Page>
  )
}
