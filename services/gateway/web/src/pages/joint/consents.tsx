// What somebody agreed to and when, and another word about it: given, or taken back.
import type { ConsentJson, ConsentPurposeJson, ParticipantJson } from '@contracts/enrollment/v1/participant_pb'
import { useState } from 'preact/hooks'
import { call, callAll } from '../../api'
import { DayField, readDay, TextField, typedDay } from '../../components/fields'
import { Form, useForm } from '../../components/form'
import { Loaded, useLoading } from '../../components/loaded'
import { Banner, Inset, Page, Table, Tag, Warning } from '../../components/page'
import { consentName } from '../../names'
import { zoneOf } from '../../prisons'
import { address, Link, searchOf } from '../../router'
import { hasRole, session } from '../../session'
import { useStore } from '../../store'
import { dateOf, dateText, dayAt, dayOf } from '../../time'
import { newId } from '../../uuid'
import { language, say, type Key } from '../../words'
import { Missing } from '../missing'
import { homeOf, type Whose } from './custody'

const PURPOSES: ConsentPurposeJson[] = ['CONSENT_PURPOSE_TREATMENT', 'CONSENT_PURPOSE_SHARE_PROGRESS', 'CONSENT_PURPOSE_CONTACT_FAMILY',
  'CONSENT_PURPOSE_SHARE_BNN', 'CONSENT_PURPOSE_RESEARCH']
const bare = (purpose: ConsentPurposeJson) => purpose.slice('CONSENT_PURPOSE_'.length)
// The officer's are reached from the person, the coordinator's from a case.
export const consentsOf = ({ person, case: id }: Whose) => (id ? `/coordinator/cases/${id}/consents/${person}` : `/officer/people/${person}/consents`)

const readLedger = (participantId: string) => callAll('enrollment.v1.ParticipantService/ListConsents', { participantId }, 'consents')
/** The newest entry of a purpose counts. */
const standing = (ledger: ConsentJson[], purpose: ConsentPurposeJson) => ledger.find((entry) => entry.purpose === purpose)
const whenText = ({ givenOn, witness = '' }: ConsentJson) => say('consent.when', { day: dateText(dayOf(givenOn)), witness })
const State = ({ of }: { of: ConsentJson | undefined }) => (of
  ? <Tag tone={of.given ? 'green' : 'red'}>{say(of.given ? 'consent.given' : 'consent.withdrawn')}</Tag>
  : <>{say('consent.never')}</>)

/** In a line each, what they agree to now. */
export function Agreed({ person }: { person: string }) {
  const ledger = useLoading(`ledger ${person}`, () => readLedger(person), { live: ['enrollment.consent'] })
  return (
    <Loaded of={ledger}>
      {(entries) => {
        const given = PURPOSES.flatMap((purpose) => standing(entries, purpose) ?? []).filter((entry) => entry.given)
        return given.length === 0
          ? <>{say('consent.none')}</>
          : <ul class="govuk-list">{given.map((entry) => <li key={entry.purpose}>{consentName(entry.purpose)}<span class="page-small">{whenText(entry)}</span></li>)}</ul>
      }}
    </Loaded>
  )
}

const useAll = (person: string) => useLoading(`consents ${person}`, () => Promise.all([
  call('enrollment.v1.ParticipantService/GetParticipant', { id: person }), readLedger(person)]), { live: ['enrollment.consent'] })

export function Consents(whose: Whose) {
  const all = useAll(whose.person!)
  const records = hasRole('ROLE_OFFICER', 'ROLE_COORDINATOR')
  const done = searchOf(useStore(address)).has('done')
  return (
    <Page title={say('consent.title')} caption={all.data?.[0].name} back={homeOf(whose)} wide>
      {done && <Banner kind="success" heading={say('consent.done')} />}
      <p class="govuk-body">{say('consent.about')}</p>
      <Loaded of={all}>
        {([, ledger]) => (
          <>
            <Table caption={say('consent.title')} hideCaption head={[{ text: say('consent.what') }, { text: say('consent.state') }, ...(records ? [{ text: say('consent.act') }] : [])]}
              rows={PURPOSES.map((purpose) => {
                const now = standing(ledger, purpose)
                return [
                  consentName(purpose), <><State of={now} />{now && <span class="page-small">{whenText(now)}</span>}</>,
                  ...(records ? [
                    <Link to={`${consentsOf(whose)}/${bare(purpose)}`}>{say(now?.given ? 'consent.withdraw' : 'consent.give')}<span class="govuk-visually-hidden"> {consentName(purpose)}</span></Link>,
                  ] : []),
                ]
              })} />
            {ledger.length > 0 && (
              <Table caption={say('consent.history')} head={[{ text: say('consent.what') }, { text: say('consent.state') }]}
                rows={ledger.map((entry) => [consentName(entry.purpose), <><State of={entry} /><span class="page-small">{whenText(entry)}</span></>])} />
            )}
          </>
        )}
      </Loaded>
    </Page>
  )
}

export function Consent(whose: Whose & { purpose?: string }) {
  const all = useAll(whose.person!)
  const texts = useLoading('consent texts', () => call('enrollment.v1.ParticipantService/ListConsentTexts', {}))
  const purpose = PURPOSES.find((one) => bare(one) === whose.purpose)
  if (!purpose) return <Missing />
  return (
    <Loaded of={all}>
      {([person, ledger]) => (
        <Loaded of={texts}>
          {({ texts: words = [] }) => <ConsentForm person={person} purpose={purpose} given={Boolean(standing(ledger, purpose)?.given)}
            text={words.find((one) => one.purpose === purpose)} back={consentsOf(whose)} />}
        </Loaded>
      )}
    </Loaded>
  )
}

interface ConsentFormProps {
  person: ParticipantJson
  purpose: ConsentPurposeJson
  given: boolean
  text: { textVersion?: number; indonesian?: string; english?: string } | undefined
  back: string
}
function ConsentForm({ person, purpose, given, text, back }: ConsentFormProps) {
  const [id] = useState(newId)
  // What it was when one came here: a change that comes in meanwhile doesn't turn the form around.
  const [withdraws] = useState(given)
  const today = dayAt(Date.now(), zoneOf(person.prisonId))
  const form = useForm({ saidOn: typedDay(today), witness: session.get()?.person.name ?? '' }, {
    check: ({ saidOn, witness }) => {
      const day = readDay(saidOn)
      return [
        ...(day && day <= today ? [] : [{ field: 'saidOn', text: say('consent.day_wrong') }]),
        ...(witness.trim() ? [] : [{ field: 'witness', text: say('error.required', { what: say('consent.witness').toLowerCase() }) }]),
      ]
    },
    send: async ({ saidOn, witness }, go) => {
      const said = { id, participantId: person.id!, purpose, witness: witness.trim() }
      const day = dateOf(readDay(saidOn)!)
      if (withdraws) await call('enrollment.v1.ParticipantService/WithdrawConsent', { ...said, withdrawnOn: day })
      else await call('enrollment.v1.ParticipantService/GiveConsent', { ...said, givenOn: day, textVersion: text?.textVersion ?? 0 })
      go(`${back}?done=${bare(purpose)}`, 'replace')
    },
  })
  const title = say(withdraws ? 'consent.withdraw' : 'consent.give')
  return (
    <Page title={title} heading={`${title}: ${consentName(purpose)}`} caption={person.name} back={back}>
      <p class="govuk-body">{say(withdraws ? 'consent.withdraw_about' : 'consent.give_about', { name: person.name ?? '' })}</p>
      {withdraws
        ? <Warning>{say(`consent.stops.${bare(purpose)}` as Key)}</Warning>
        : <Inset>{language.get() === 'en' && <p class="govuk-body">{text?.english}</p>}<p class="govuk-body" lang="id">{text?.indonesian}</p></Inset>}
      <Form form={form} submit={title}>
        <DayField form={form} name="saidOn" label={say('consent.day')} />
        <TextField form={form} name="witness" label={say('consent.witness')} hint={say('consent.witness_hint')} />
      </Form>
    </Page>
  )
}
