// An address that leads nowhere.
import { Page } from '../components/page'
import { Link } from '../router'
import { say } from '../words'

export const Missing = () => (
  <Page title={say('missing.title')}>
    <p class="govuk-body">{say('missing.text')}</p>
    <p class="govuk-body"><Link to="/">{say('missing.start')}</Link></p>
  </Page>
)
