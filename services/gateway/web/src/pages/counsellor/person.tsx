// A person in care: cases and dose, then what happened, the latest first.
import type { CaseInCareJson, PersonInCareJson, TimelineEntryJson } from '@contracts/notes/v1/counsellor_pb'
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { call } from '../../api'
import { errorText, Loaded, useCall } from '../../components/loaded'
import { Button, Page, Table, Tag } from '../../components/page'
import { CallError } from '../../errors'
import { componentName, consentName, markName, statusName } from '../../names'
import { Link } from '../../router'
import { hasRole } from '../../session'
import { dateText, dayAt, momentText } from '../../time'
import { language, say, type Key } from '../../words'
import { Contact, ContactForm } from '../aftercare/contact'
import { NotInCare } from './glass'
import { noteTypeName, personLine } from './parts'
import { NEW_TYPES } from './note'

// The words of an enum's values.
const without = (value: string | undefined, prefix: string) => (value ?? '').slice(prefix.length)
const routeName = (value: string | undefined) => say(`route.${without(value, 'SCREENING_ROUTE_')}` as Key)
const substanceName = (value: string | undefined) => say(`substance.${without(value, 'SUBSTANCE_')}` as Key)
const bandName = (value: string | undefined) => say(`band.${without(value, 'RISK_BAND_')}` as Key)
const hours = (minutes: number | undefined) => (Math.round((minutes ?? 0) / 6) / 10).toLocaleString(language.get() === 'id' ? 'id-ID' : 'en-GB')

function Case({ of, person }: { of: CaseInCareJson; person: PersonInCareJson }) {
  const running = ['ENROLLMENT_STATUS_ACTIVE', 'ENROLLMENT_STATUS_ON_HOLD', 'ENROLLMENT_STATUS_AFTERCARE', 'ENROLLMENT_STATUS_AWAITING_ASSESSMENT',
    'ENROLLMENT_STATUS_SUITABLE_NOT_READY', 'ENROLLMENT_STATUS_WAITLISTED'].includes(of.status ?? '')
  const to = `/counsellor/people/${person.participantId}/cases/${of.enrollmentId}`
  return (
    <section class="counsellor-case" aria-labelledby={`case-${of.enrollmentId}`}>
      <h2 class="govuk-heading-m" id={`case-${of.enrollmentId}`}>{of.programmeName || say('person.case')}</h2>
      <p class="govuk-body">
        <Tag tone={of.status === 'ENROLLMENT_STATUS_ACTIVE' ? 'green' : 'grey'}>{statusName(of.status)}</Tag>{' '}
        {say('person.since', { date: dateText(dayAt(of.statusSince!, person.timeZone!)) })}
        {of.counsellorName && <> · {of.mine ? say('person.mine') : say('person.counsellor', { name: of.counsellorName })}</>}
      </p>
      {(of.doses ?? []).length > 0 && (
        <Table caption={say('person.dose')} head={[{ text: say('person.component') }, { text: say('person.attended'), numeric: true }, { text: say('person.hours'), numeric: true }]}
          rows={of.doses!.map((dose) => [
            componentName(dose.component),
            say('person.of', { done: dose.deliveredSessions ?? 0, all: dose.plannedSessions ?? 0 }),
            say('person.of', { done: hours(dose.deliveredMinutes), all: hours(dose.plannedMinutes) }),
          ])} />
      )}
      {running && (
        <details class="govuk-details">
          <summary class="govuk-details__summary"><span class="govuk-details__summary-text">{say('person.write')}</span></summary>
          <div class="govuk-details__text">
            <ul class="govuk-list">
              {NEW_TYPES.map((type) => <li key={type}><Link to={`${to}/notes/${type.slice('NOTE_TYPE_'.length)}`}>{noteTypeName(type)}</Link></li>)}
              {of.status === 'ENROLLMENT_STATUS_AWAITING_ASSESSMENT' && <li><Link to={`${to}/screening`}>{say('screening.title')}</Link></li>}
            </ul>
          </div>
        </details>
      )}
    </section>
  )
}

/** One entry: what kind, in words, with what one can open. */
function told({ move, session, note, consent, screening }: TimelineEntryJson, person: string): [string, ComponentChildren, ComponentChildren] {
  if (move) {
    const reason = language.get() === 'id' ? move.reasonIndonesian : move.reasonEnglish
    return [say('timeline.move'), statusName(move.toStatus), [reason, move.comment, move.movedBy].filter(Boolean).join(' · ')]
  }
  if (session) {
    const mark = session.status === 'SESSION_STATUS_CANCELLED' && !session.mark ? 'ATTENDANCE_MARK_SESSION_CANCELLED' : session.mark
    const what = componentName(session.component)
    return [say('timeline.session'), session.mine ? <Link to={`/counsellor/sessions/${session.sessionId}`}>{what}</Link> : what,
      [markName(mark), say('timeline.minutes', { count: session.minutes ?? 0 }), session.remark].filter(Boolean).join(' · ')]
  }
  if (note) {
    return [say('timeline.note'), <Link to={`/counsellor/notes/${note.noteId}?person=${person}`}>{noteTypeName(note.type)}</Link>,
      [note.authorName, note.signed ? '' : say('note.draft'), note.readable ? '' : say('timeline.closed')].filter(Boolean).join(' · ')]
  }
  if (consent) {
    return [say('timeline.consent'), consentName(consent.purpose),
      [say(consent.given ? 'timeline.given' : 'timeline.withdrawn'), say('timeline.witness', { name: consent.witness ?? '' })].join(' · ')]
  }
  const high = (screening?.scores ?? []).filter(({ band }) => band !== 'RISK_BAND_LOW')
  return [say('timeline.screening'), routeName(screening?.route),
    high.map(({ substance, score, band }) => `${substanceName(substance)} ${score ?? 0} (${bandName(band)})`).join(' · ')]
}

function Timeline({ person }: { person: PersonInCareJson }) {
  const id = person.participantId!
  const first = useCall('notes.v1.CounsellorService/ListTimeline', { participantId: id, pageSize: 30 }, { live: ['scheduling.', 'enrollment.', 'notes.'] })
  const [more, setMore] = useState<{ of: unknown; entries: TimelineEntryJson[]; token: string }>()
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()
  return (
    <Loaded of={first}>
      {(answer) => {
        // What was read behind the first page belongs to that reading of it.
        const rest = more?.of === answer ? more : { entries: [], token: answer.nextPageToken ?? '' }
        const entries = [...(answer.entries ?? []), ...rest.entries]
        const read = () => {
          setBusy(true)
          call('notes.v1.CounsellorService/ListTimeline', { participantId: id, pageSize: 30, pageToken: rest.token })
            .then((next) => setMore({ of: answer, entries: [...rest.entries, ...(next.entries ?? [])], token: next.nextPageToken ?? '' }), setError)
            .finally(() => setBusy(false))
        }
        return (
          <>
            {entries.length === 0 && <p class="govuk-body">{say('timeline.none')}</p>}
            <ol class="counsellor-timeline">
              {entries.map((entry) => {
                const [kind, head, more] = told(entry, id)
                // A consent and a screening have a day, not a time.
                const when = entry.consent || entry.screening
                  ? dateText(dayAt(entry.happenedAt!, person.timeZone!))
                  : `${momentText(entry.happenedAt!, person.timeZone!)} ${person.zone}`
                return (
                  <li key={entry.id}>
                    <p class="counsellor-timeline__when">{when} · {kind}</p>
                    <p class="counsellor-timeline__what">{head}</p>
                    {more && <p class="counsellor-timeline__more">{more}</p>}
                  </li>
                )
              })}
            </ol>
            {error !== undefined && <p class="govuk-error-message" role="alert">{errorText(error)}</p>}
            {rest.token && <Button kind="secondary" busy={busy} onClick={read}>{say('timeline.earlier')}</Button>}
          </>
        )
      }}
    </Loaded>
  )
}

export function Person({ person: id }: Record<string, string>) {
  const loading = useCall('notes.v1.CounsellorService/GetPersonInCare', { participantId: id! }, { live: ['enrollment.', 'scheduling.'] })
  const person = loading.data
  if (loading.error instanceof CallError && loading.error.code === 'not_found' && hasRole('ROLE_COUNSELLOR')) {
    return <Page title={say('person.title')} back="/counsellor/people"><NotInCare id={id!} opened={loading.reload} /></Page>
  }
  return (
    <Page title={say('person.title')} back="/counsellor/people"
      {...(person ? { heading: person.name, caption: [personLine(person), person.prisonName].filter(Boolean).join(' · ') } : {})}>
      <Loaded of={loading}>
        {(of) => (
          <>
            {(of.cases ?? []).map((one) => <Case of={one} person={of} key={one.enrollmentId} />)}
            {of.cases?.some(({ status }) => status === 'ENROLLMENT_STATUS_AFTERCARE') && <Contact participantId={id!} edit={`/counsellor/people/${id}/contact`} />}
            <h2 class="govuk-heading-m">{say('timeline.title')}</h2>
            <Timeline person={of} />
          </>
        )}
      </Loaded>
    </Page>
  )
}

export const PersonContact = ({ person: id = '' }: Record<string, string>) => <ContactForm participantId={id} back={`/counsellor/people/${id}`} />
