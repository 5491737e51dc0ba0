// Cari: people of this prison, by name, alias or register number; and one of them.
import '../../shared'
import { useEffect, useState } from 'preact/hooks'
import { Loaded, useCall } from '../../components/loaded'
import { Button, ButtonLink, Inset, Page, SummaryList, Table, Tag } from '../../components/page'
import { sessionNames, statusName } from '../../names'
import { ownPrisonId, zoneOf } from '../../prisons'
import { address, go, Link, searchOf } from '../../router'
import { keep, kept } from '../../offline/store'
import { hasRole } from '../../session'
import { clock, dateText, dayAt, dayOf, dayText } from '../../time'
import { say } from '../../words'
import { useForm } from '../../components/form'
import { TextField } from '../../components/fields'
import { Agreed, consentsOf } from '../joint/consents'

export { Consent, Consents } from '../joint/consents'
export { Release } from '../joint/release'

/** The words that were searched for are kept on this machine, not in the address: they are names. */
export function useSearch(name: string) {
  const [text, setText] = useState('')
  const [pages, setPages] = useState([''])
  const form = useForm({ search: '' }, {
    send: async ({ search }) => {
      setText(search.trim())
      setPages([''])
      await keep(`search:${name}`, search.trim())
    },
  })
  useEffect(() => {
    void kept<string>(`search:${name}`).then((last) => {
      if (!last) return
      form.set('search', last)
      setText(last)
    })
  }, [])
  const people = useCall('enrollment.v1.ParticipantService/ListParticipants',
    { prisonId: ownPrisonId(), pageSize: 20, pageToken: pages[pages.length - 1]!, search: text })
  return { form, people, text, pages, setPages }
}

export function SearchBox({ form }: { form: ReturnType<typeof useSearch>['form'] }) {
  return (
    <form class="search-box" role="search" onSubmit={form.submit}>
      <TextField form={form} name="search" type="search" label={say('officer.people.search')} hint={say('officer.people.search.hint')} />
      <Button busy={form.busy}>{say('action.search')}</Button>
    </form>
  )
}

export function People() {
  const { form, people, text, pages, setPages } = useSearch('people')
  const next = people.data?.nextPageToken
  return (
    <Page title={say('officer.people')} wide>
      <SearchBox form={form} />
      <Loaded of={people}>
        {({ participants = [] }) => (participants.length === 0
          ? <p class="govuk-body">{say(text ? 'officer.people.none_found' : 'officer.people.none')}</p>
          : (
            <Table caption={say('officer.people')} hideCaption
              head={[{ text: say('officer.person.name') }, { text: say('officer.person.register') }, { text: say('officer.person.block') }, { text: say('officer.person.release') }]}
              rows={participants.map((person) => [
                <>
                  <Link to={`/officer/people/${person.id}`}>{person.name}</Link>
                  {person.aliases?.length ? <span class="page-small">{say('officer.aliases', { names: person.aliases.join(', ') })}</span> : null}
                </>,
                person.registerNumber, person.block || '–', dateText(dayOf(person.expectedReleaseOn)) || say('state.unknown'),
              ])} />
          ))}
      </Loaded>
      <div class="page-paging">
        {pages.length > 1 && <Button kind="secondary" onClick={() => setPages(pages.slice(0, -1))}>{say('action.previous')}</Button>}
        {next && <Button kind="secondary" onClick={() => setPages([...pages, next])}>{say('action.next')}</Button>}
      </div>
      {hasRole('ROLE_OFFICER') && <ButtonLink kind="secondary" to="/officer/people/new">{say('officer.person.new')}</ButtonLink>}
    </Page>
  )
}

export function Person({ person: id }: Record<string, string>) {
  const prison = ownPrisonId()
  const zone = zoneOf(prison)
  const person = useCall('enrollment.v1.ParticipantService/GetParticipant', { id: id! }, { live: ['enrollment.participant'] })
  const cases = useCall('enrollment.v1.EnrollmentService/ListEnrollments', { participantId: id! }, { live: ['enrollment.case'] })
  const [from] = useState(() => new Date(Date.now() - 3_600_000).toISOString())
  const sessions = useCall('scheduling.v1.SchedulingService/ListSessions', { participantId: id!, fromTime: from, status: 'SESSION_STATUS_SCHEDULED', pageSize: 5 }, { live: ['scheduling.'] })
  const isNew = searchOf(address.get()).has('saved')
  const edit = { to: `/officer/people/${id}/edit` }
  const change = (what: string) => (hasRole('ROLE_OFFICER') ? { change: { ...edit, what } } : {})
  return (
    <Page title={say('officer.person')} heading={person.data?.name} back="/officer/people">
      <Loaded of={person}>
        {(data) => (
          <>
            {isNew && <Inset>{say('officer.person.saved')}</Inset>}
            {data.releasedOn && <Inset>{say('officer.person.released', { day: dateText(dayOf(data.releasedOn)) })}</Inset>}
            {data.possibleDuplicates?.length ? <Inset>{say('officer.person.twins', { numbers: data.possibleDuplicates.join(', ') })}</Inset> : null}
            <SummaryList rows={[
              { key: say('officer.person.register'), value: data.registerNumber, ...change(say('officer.person.register')) },
              { key: say('officer.person.aliases'), value: data.aliases?.join(', ') || '–', ...change(say('officer.person.aliases')) },
              { key: say('officer.person.birth'), value: dateText(dayOf(data.birthDate)), ...change(say('officer.person.birth')) },
              { key: say('officer.person.block'), value: data.block, ...change(say('officer.person.block')) },
              { key: say('officer.person.articles'), value: data.offenceArticles?.join('; '), ...change(say('officer.person.articles')) },
              { key: say('officer.person.start'), value: dateText(dayOf(data.sentenceStart)), ...change(say('officer.person.start')) },
              { key: say('officer.person.two_thirds'), value: dateText(dayOf(data.twoThirdsOn)), ...change(say('officer.person.two_thirds')) },
              { key: say('officer.person.release'), value: dateText(dayOf(data.expectedReleaseOn)), ...change(say('officer.person.release')) },
              { key: say('consent.title'), value: <Agreed person={id!} />, change: { to: consentsOf({ person: id! }), what: say('consent.title') } },
            ]} />
            {hasRole('ROLE_OFFICER') && !data.releasedOn && <ButtonLink kind="secondary" to={`/officer/people/${id}/release`}>{say('release.title')}</ButtonLink>}
          </>
        )}
      </Loaded>
      <h2 class="govuk-heading-m">{say('officer.person.cases')}</h2>
      <Loaded of={cases}>
        {({ rows = [] }) => (rows.length === 0
          ? <p class="govuk-body">{say('officer.person.no_case')}</p>
          : (
            <ul class="govuk-list change-list">
              {rows.map(({ enrollment }) => (
                <li key={enrollment?.id}>
                  <Tag tone={enrollment?.status === 'ENROLLMENT_STATUS_ACTIVE' ? 'green' : 'grey'}>{statusName(enrollment?.status)}</Tag>{' '}
                  {say('officer.person.since', { day: dateText(dayAt(enrollment!.statusSince!, zone)) })}
                </li>
              ))}
            </ul>
          ))}
      </Loaded>
      {hasRole('ROLE_OFFICER') && <Button kind="secondary" onClick={() => go(`/officer/referrals/${id}`)}>{say('officer.referral.open')}</Button>}
      <h2 class="govuk-heading-m">{say('officer.person.next')}</h2>
      <Loaded of={sessions}>
        {({ sessions: rows = [] }) => (rows.length === 0
          ? <p class="govuk-body">{say('officer.person.no_session')}</p>
          : (
            <ul class="govuk-list">
              {rows.map((row) => (
                <li key={row.id}>{dayText(dayAt(row.startsAt!, zone), 'short')}, {clock(row.startsAt!, zone)} · <Link to={`/officer/sessions/${row.id}`}>{sessionNames(row).join(' · ')}</Link>, {row.roomName}</li>
              ))}
            </ul>
          ))}
      </Loaded>
    </Page>
  )
}
