// Sesi: what to know before it, who is expected, then what became of it and the notes.
import type { ExpectedPersonJson, MySessionDetailJson } from '@contracts/notes/v1/counsellor_pb'
import { Loaded, useCall } from '../../components/loaded'
import { ButtonLink, Inset, Page, SummaryList, Tag } from '../../components/page'
import { cancelName, correctionText, markName, sessionNames } from '../../names'
import { Link } from '../../router'
import { dateText, dayAt } from '../../time'
import { say } from '../../words'
import { personLine, Said, SessionTags, whenText } from './parts'

export const isGroup = (component: string | undefined): boolean =>
  component !== 'COMPONENT_INDIVIDUAL_COUNSELLING' && component !== 'COMPONENT_FAMILY'

/** The same reading for a session's pages. */
export const useSession = (id: string) =>
  useCall('notes.v1.CounsellorService/GetMySession', { sessionId: id }, { live: ['scheduling.', 'notes.'], keep: true })

function NoteLink({ path, id, signed, what }: { path: string; id?: string | undefined; signed?: boolean | undefined; what: string }) {
  const text = say(!id ? 'note.write' : signed ? 'note.read' : 'note.go_on')
  return <Link to={id ? `/counsellor/notes/${id}` : path}>{text}<span class="govuk-visually-hidden"> {what}</span></Link>
}

function Person({ person, detail, begun }: { person: ExpectedPersonJson; detail: MySessionDetailJson; begun: boolean }) {
  const zone = detail.session!.timeZone!
  const before = [
    person.lastAttendedAt
      ? say('session.last', { date: dateText(dayAt(person.lastAttendedAt, zone)) })
      : say('session.first'),
    person.missedSince ? say('session.missed', { count: person.missedSince }) : '',
  ].filter(Boolean).join(' · ')
  return (
    <li class="counsellor-person">
      <p class="counsellor-person__name"><Link to={`/counsellor/people/${person.participantId}`}>{person.name}</Link></p>
      <p class="counsellor-person__line">{personLine(person)}</p>
      {begun
        ? (
          <p class="counsellor-tags">
            <Tag tone={!person.mark ? 'yellow' : /ATTENDED|LATE/.test(person.mark) ? 'green' : 'grey'}>{markName(person.mark)}</Tag>
            {person.remark && <span class="page-small">{person.remark}</span>}
            {correctionText(person) && <span class="page-small">{correctionText(person)}</span>}
          </p>
        )
        : <p class="counsellor-person__line">{before}</p>}
      {begun && detail.mine && (
        <p class="counsellor-person__more">
          <NoteLink path={`/counsellor/sessions/${detail.session!.sessionId}/notes/${person.enrollmentId}`} id={person.noteId}
            signed={person.noteSigned} what={person.name ?? ''} />
          {person.noteId && <> <Tag tone={person.noteSigned ? 'green' : 'blue'}>{say(person.noteSigned ? 'note.signed' : 'note.draft')}</Tag></>}
        </p>
      )}
    </li>
  )
}

/** What is left to do, in the order in which it is done. */
function Steps({ detail }: { detail: MySessionDetailJson }) {
  const session = detail.session!
  const path = `/counsellor/sessions/${session.sessionId}`
  const marked = !session.unmarkedCount
  return (
    <section aria-labelledby="steps">
      <h2 class="govuk-heading-m" id="steps">{say('session.after')}</h2>
      <ul class="govuk-task-list">
        <li class="govuk-task-list__item govuk-task-list__item--with-link">
          <div class="govuk-task-list__name-and-hint">
            <Link to={`${path}/attendance`} class="govuk-link govuk-task-list__link">{say('session.attendance')}</Link>
          </div>
          <div class="govuk-task-list__status">
            {marked ? say('session.done') : <Tag tone="yellow">{say('counsellor.unmarked', { count: session.unmarkedCount! })}</Tag>}
          </div>
        </li>
        {isGroup(session.component) && !session.notHeld && (
          <li class="govuk-task-list__item govuk-task-list__item--with-link">
            <div class="govuk-task-list__name-and-hint">
              <Link to={detail.groupNoteId ? `/counsellor/notes/${detail.groupNoteId}` : `${path}/notes/shared`}
                class="govuk-link govuk-task-list__link">{say('session.shared_note')}</Link>
              <div class="govuk-task-list__hint">{say('session.shared_note.hint')}</div>
            </div>
            <div class="govuk-task-list__status">
              {detail.groupNoteSigned ? say('session.done') : <Tag tone="blue">{say(detail.groupNoteId ? 'note.draft' : 'session.open')}</Tag>}
            </div>
          </li>
        )}
      </ul>
    </section>
  )
}

export function Session({ session: id }: Record<string, string>) {
  const loading = useSession(id!)
  const session = loading.data?.session
  return (
    <Page title={say('session.title')} back="/counsellor/schedule"
      {...(session ? { heading: sessionNames(session)[0], caption: [...sessionNames(session).slice(1), whenText(session)].join(' · ') } : {})}>
      <Loaded of={loading}>
        {(detail) => {
          const { session: of, people = [], otherCounsellors = [] } = detail
          const cancelled = of!.status === 'SESSION_STATUS_CANCELLED'
          const begun = !cancelled && Date.parse(of!.startsAt!) <= Date.now()
          return (
            <>
              <Said />
              <SessionTags session={of!} />
              {cancelled && <Inset>{say('counsellor.cancelled', { reason: cancelName(of!.cancelReason) })}{detail.cancelNote && `: ${detail.cancelNote}`}</Inset>}
              <SummaryList rows={[
                { key: say('session.place'), value: `${of!.prisonName}, ${of!.roomName}` },
                { key: say('session.expected'), value: of!.participantCount ? say('counsellor.people', { count: of!.participantCount }) : say('session.open_to_all') },
                ...(otherCounsellors.length > 0 ? [{ key: say('session.with'), value: otherCounsellors.join(', ') }] : []),
                ...(of!.travelMinutes ? [{ key: say('session.way'), value: say('counsellor.way', { minutes: of!.travelMinutes, prison: of!.travelFrom! }) }] : []),
              ]} />
              {begun && detail.mine && people.length > 0 && <Steps detail={detail} />}
              {people.length > 0 && (
                <section aria-labelledby="people">
                  <h2 class="govuk-heading-m" id="people">{say(begun ? 'session.people.after' : 'session.people')}</h2>
                  <ul class="counsellor-people">
                    {people.map((person) => <Person person={person} detail={detail} begun={begun} key={person.participantId} />)}
                  </ul>
                </section>
              )}
              {!begun && !cancelled && detail.mine && <ButtonLink kind="secondary" to={`/counsellor/sessions/${id}/cannot`}>{say('counsellor.cannot')}</ButtonLink>}
            </>
          )
        }}
      </Loaded>
    </Page>
  )
}
