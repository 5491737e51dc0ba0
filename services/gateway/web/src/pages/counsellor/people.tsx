// Peserta: the counsellor's own running cases.
import { useState } from 'preact/hooks'
import { Loaded, useLoading } from '../../components/loaded'
import { Page, Tag } from '../../components/page'
import { callAll } from '../../api'
import { statusName } from '../../names'
import { Link } from '../../router'
import { hasRole } from '../../session'
import { momentText } from '../../time'
import { say } from '../../words'
import { personLine } from './parts'

// With fewer, one sees them all at once.
const SEARCHED_FROM = 8

export function People() {
  const [search, setSearch] = useState('')
  const loading = useLoading('my cases', () => callAll('notes.v1.CounsellorService/ListMyCases', {}, 'cases'), { live: ['enrollment.', 'scheduling.'] })
  return (
    <Page title={say('people.title')}>
      <Loaded of={loading}>
        {(cases) => {
          const wanted = search.trim().toLowerCase()
          const found = cases.filter(({ name = '', registerNumber = '' }) => `${name} ${registerNumber}`.toLowerCase().includes(wanted))
          return (
            <>
              {cases.length === 0 && <p class="govuk-body">{say('people.none')}</p>}
              {cases.length >= SEARCHED_FROM && (
                <div class="govuk-form-group">
                  <label class="govuk-label" for="search">{say('people.search')}</label>
                  <input class="govuk-input" type="search" id="search" autocomplete="off" spellcheck={false} value={search}
                    onInput={(event) => setSearch(event.currentTarget.value)} />
                </div>
              )}
              <p class="govuk-visually-hidden" role="status">{wanted && say('people.found', { count: found.length })}</p>
              {wanted && found.length === 0 && <p class="govuk-body">{say('people.not_found')}</p>}
              <ul class="counsellor-people">
                {found.map((one) => (
                  <li class="counsellor-person" key={one.enrollmentId}>
                    <p class="counsellor-person__name"><Link to={`/counsellor/people/${one.participantId}`}>{one.name}</Link></p>
                    <p class="counsellor-person__line">{[personLine(one), one.prisonName].filter(Boolean).join(' · ')}</p>
                    <p class="counsellor-person__line">
                      {one.status !== 'ENROLLMENT_STATUS_ACTIVE' && <><Tag tone="grey">{statusName(one.status)}</Tag> </>}
                      {one.nextSessionAt ? say('people.next', { when: `${momentText(one.nextSessionAt, one.timeZone!)} ${one.zone}` }) : say('people.no_next')}
                    </p>
                  </li>
                ))}
              </ul>
            </>
          )
        }}
      </Loaded>
      {hasRole('ROLE_COUNSELLOR') && <p class="govuk-body"><Link to="/counsellor/others">{say('others.link')}</Link></p>}
    </Page>
  )
}
