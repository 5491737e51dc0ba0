// Pendaftaran: what a referral needs, task by task; then the answers once more; then it is sent.
import '../../shared'
import type { ConsentJson, ParticipantJson } from '@contracts/enrollment/v1/participant_pb'
import type { ReferralDocumentJson, ReferralDocumentKindJson } from '@contracts/enrollment/v1/referral_pb'
import { useState } from 'preact/hooks'
import { call } from '../../api'
import { DayField, noDay, Radios, readDay, TextField, typedDay } from '../../components/fields'
import { Form, useForm, type Wrong } from '../../components/form'
import { Loaded, useCall, useLoading } from '../../components/loaded'
import { Banner, Button, ButtonLink, Inset, Page, SummaryList, Table, Tag } from '../../components/page'
import { statusName } from '../../names'
import { ownPrisonId, zoneOf } from '../../prisons'
import { Link } from '../../router'
import { hasRole, session } from '../../session'
import { dateOf, dateText, dayAt, dayOf } from '../../time'
import { newId } from '../../uuid'
import { language, say, type Key } from '../../words'
import { SearchBox, useSearch } from './people'

const KINDS = ['ASSESSMENT', 'PRISON_DECREE', 'MEDICAL_RECORD'] as const
type Kind = (typeof KINDS)[number]
const paperName = (kind: Kind) => say(`officer.paper.${kind}` as Key)
const fullKind = (kind: string) => `REFERRAL_DOCUMENT_KIND_${kind}` as ReferralDocumentKindJson

/** Cases that aren't decided yet, and the way to a new one. */
export function Referrals() {
  const prison = ownPrisonId()
  const zone = zoneOf(prison)
  const cases = useCall('enrollment.v1.EnrollmentService/ListEnrollments', { prisonId: prison, pageSize: 50 }, { live: ['enrollment.case'] })
  const { form, people, text } = useSearch('referral')
  return (
    <Page title={say('officer.referral')} wide>
      {hasRole('ROLE_OFFICER') && (
        <>
          <h2 class="govuk-heading-m">{say('officer.referral.new')}</h2>
          <SearchBox form={form} />
          {text && (
            <Loaded of={people}>
              {({ participants = [] }) => (
                <>
                  {participants.length === 0 && <p class="govuk-body">{say('officer.people.none_found')}</p>}
                  <ul class="govuk-list">
                    {participants.map((person) => (
                      <li key={person.id}><Link to={`/officer/referrals/${person.id}`}>{person.name}</Link> · {person.registerNumber} · {person.block || '–'}</li>
                    ))}
                  </ul>
                  <p class="govuk-body"><Link to="/officer/people/new?back=referral">{say('officer.person.new')}</Link></p>
                </>
              )}
            </Loaded>
          )}
        </>
      )}
      <h2 class="govuk-heading-m">{say('officer.referral.cases')}</h2>
      <Loaded of={cases}>
        {({ rows = [] }) => (rows.length === 0
          ? <p class="govuk-body">{say('officer.referral.none')}</p>
          : (
            <Table caption={say('officer.referral.cases')} hideCaption
              head={[{ text: say('officer.person.name') }, { text: say('officer.person.register') }, { text: say('officer.person.block') }, { text: say('officer.referral.status') }, { text: say('officer.referral.referred') }]}
              rows={rows.map((row) => [
                <Link to={`/officer/people/${row.enrollment?.participantId}`}>{row.participantName}</Link>, row.registerNumber, row.block || '–',
                <Tag tone={row.enrollment?.status === 'ENROLLMENT_STATUS_ACTIVE' ? 'green' : 'grey'}>{statusName(row.enrollment?.status)}</Tag>,
                dateText(dayAt(row.enrollment!.referredAt!, zone)),
              ])} />
          ))}
      </Loaded>
    </Page>
  )
}

interface Facts { person: ParticipantJson; papers: ReferralDocumentJson[]; consent: ConsentJson | undefined }
function useFacts(id: string) {
  return useLoading<Facts>(`referral ${id}`, async (signal) => {
    const [person, { documents = [] }, { consents = [] }] = await Promise.all([
      call('enrollment.v1.ParticipantService/GetParticipant', { id }, signal),
      call('enrollment.v1.ReferralService/ListReferralDocuments', { participantId: id }, signal),
      call('enrollment.v1.ParticipantService/ListConsents', { participantId: id }, signal),
    ])
    const consent = consents.find(({ purpose }) => purpose === 'CONSENT_PURPOSE_TREATMENT')
    return { person, papers: documents, consent: consent?.given ? consent : undefined }
  }, { live: ['enrollment.'] })
}
const isComplete = ({ offenceArticles, sentenceStart, twoThirdsOn, expectedReleaseOn }: ParticipantJson) =>
  Boolean(offenceArticles?.length && sentenceStart && twoThirdsOn && expectedReleaseOn)
const paperOf = (facts: Facts, kind: Kind) => facts.papers.find((paper) => paper.kind === fullKind(kind))

export function Referral({ person: id }: Record<string, string>) {
  const facts = useFacts(id!)
  return (
    <Page title={say('officer.referral')} heading={facts.data?.person.name} caption={say('officer.referral')} back="/officer/referrals">
      <Loaded of={facts}>
        {(data) => {
          const tasks: [string, string, boolean, string?][] = [
            [say('officer.referral.data'), `/officer/people/${id}/edit?back=referral`, isComplete(data.person), say('officer.referral.data.hint')],
            ...KINDS.map((kind): [string, string, boolean] => [paperName(kind), `/officer/referrals/${id}/papers/${kind}`, Boolean(paperOf(data, kind))]),
            [say('officer.referral.consent'), `/officer/referrals/${id}/consent`, Boolean(data.consent)],
          ]
          const done = tasks.filter(([, , isDone]) => isDone).length
          return (
            <>
              <p class="govuk-body">{data.person.registerNumber} · {data.person.block || '–'}</p>
              <p class="govuk-body">{say('officer.referral.progress', { done, all: tasks.length })}</p>
              <ul class="govuk-task-list">
                {tasks.map(([name, to, isDone, hint], index) => (
                  <li class="govuk-task-list__item govuk-task-list__item--with-link" key={name}>
                    <div class="govuk-task-list__name-and-hint">
                      <Link to={to} class="govuk-link govuk-task-list__link">{name}<span class="govuk-visually-hidden">, {say(isDone ? 'officer.task.done' : 'officer.task.open')}</span></Link>
                      {hint && !isDone && <div class="govuk-task-list__hint" id={`task-${index}`}>{hint}</div>}
                    </div>
                    <div class="govuk-task-list__status" aria-hidden="true">{isDone ? say('officer.task.done') : <Tag tone="blue">{say('officer.task.open')}</Tag>}</div>
                  </li>
                ))}
              </ul>
              {done === tasks.length
                ? <ButtonLink to={`/officer/referrals/${id}/check`}>{say('officer.check')}</ButtonLink>
                : <p class="govuk-body">{say('officer.referral.incomplete')}</p>}
            </>
          )
        }}
      </Loaded>
    </Page>
  )
}

export function Document({ person: id, kind }: Record<string, string>) {
  const facts = useFacts(id!)
  return (
    <Page title={paperName(kind as Kind)} back={`/officer/referrals/${id}`}>
      <Loaded of={facts}>{(data) => <DocumentForm id={id!} kind={kind as Kind} paper={paperOf(data, kind as Kind)} name={data.person.name ?? ''} />}</Loaded>
    </Page>
  )
}

function DocumentForm({ id, kind, paper, name }: { id: string; kind: Kind; paper: ReferralDocumentJson | undefined; name: string }) {
  const form = useForm({ number: paper?.number ?? '', datedOn: paper?.datedOn ? typedDay(dayOf(paper.datedOn)) : noDay, issuedBy: paper?.issuedBy ?? '' }, {
    keptAs: `paper:${id}:${kind}`,
    check: ({ number, datedOn, issuedBy }) => [
      ...(number.trim() ? [] : [{ field: 'number', text: say('error.required', { what: say('officer.paper.number').toLowerCase() }) }]),
      ...(readDay(datedOn) ? [] : [{ field: 'datedOn', text: say('error.date') }]),
      ...(issuedBy.trim() ? [] : [{ field: 'issuedBy', text: say('error.required', { what: say('officer.paper.issuer').toLowerCase() }) }]),
    ],
    send: async ({ number, datedOn, issuedBy }, go) => {
      await call('enrollment.v1.ReferralService/RecordReferralDocument',
        { participantId: id, kind: fullKind(kind), number: number.trim(), datedOn: dateOf(readDay(datedOn)!), issuedBy: issuedBy.trim() })
      go(`/officer/referrals/${id}`, 'replace')
    },
  })
  return (
    <>
      <p class="govuk-body">{name}</p>
      <Inset>{say('officer.paper.text')}</Inset>
      <Form form={form}>
        <TextField form={form} name="number" label={say('officer.paper.number')} width={20} />
        <DayField form={form} name="datedOn" label={say('officer.paper.dated')} />
        <TextField form={form} name="issuedBy" label={say('officer.paper.issuer')} hint={say(`officer.paper.${kind}.issuer` as Key)} />
      </Form>
    </>
  )
}

export function Consent({ person: id }: Record<string, string>) {
  const facts = useFacts(id!)
  const texts = useCall('enrollment.v1.ParticipantService/ListConsentTexts', {})
  const [consentId] = useState(newId)
  const today = dayAt(Date.now(), zoneOf(ownPrisonId()))
  const newest = texts.data?.texts?.find(({ purpose }) => purpose === 'CONSENT_PURPOSE_TREATMENT')
  const form = useForm({ agreed: '', givenOn: typedDay(today), witness: session.get()?.person.name ?? '' }, {
    keptAs: `consent:${id}`,
    check: ({ agreed, givenOn, witness }) => {
      const wrong: Wrong[] = []
      const day = readDay(givenOn)
      if (!agreed) wrong.push({ field: 'agreed', text: say('officer.consent.missing') })
      if (!day || day > today) wrong.push({ field: 'givenOn', text: say('error.date') })
      if (!witness.trim()) wrong.push({ field: 'witness', text: say('error.required', { what: say('officer.consent.witness').toLowerCase() }) })
      return wrong
    },
    send: async ({ agreed, givenOn, witness }, go) => {
      if (agreed === 'yes') {
        await call('enrollment.v1.ParticipantService/GiveConsent', { id: consentId, participantId: id!, purpose: 'CONSENT_PURPOSE_TREATMENT',
          textVersion: newest?.textVersion ?? 0, givenOn: dateOf(readDay(givenOn)!), witness: witness.trim() })
      }
      go(`/officer/referrals/${id}`, 'replace')
    },
  })
  return (
    <Page title={say('officer.referral.consent')} back={`/officer/referrals/${id}`}>
      <Loaded of={facts}>
        {(data) => (
          <Loaded of={texts}>
            {() => (
              <>
                <p class="govuk-body">{say('officer.consent.text', { name: data.person.name ?? '' })}</p>
                <Inset>{language.get() === 'en' && <p class="govuk-body">{newest?.english}</p>}<p class="govuk-body" lang="id">{newest?.indonesian}</p></Inset>
                {data.consent && <p class="govuk-body">{say('officer.consent.given', { day: dateText(dayOf(data.consent.givenOn)), witness: data.consent.witness ?? '' })}</p>}
                <Form form={form}>
                  <Radios form={form} name="agreed" label={say('officer.consent.agreed')} choices={[{ value: 'yes', label: say('officer.consent.yes') }, { value: 'no', label: say('officer.consent.no'), hint: say('officer.consent.no.hint') }]} />
                  <DayField form={form} name="givenOn" label={say('officer.consent.day')} />
                  <TextField form={form} name="witness" label={say('officer.consent.witness')} hint={say('officer.consent.witness.hint')} />
                </Form>
              </>
            )}
          </Loaded>
        )}
      </Loaded>
    </Page>
  )
}

export function Check({ person: id }: Record<string, string>) {
  const facts = useFacts(id!)
  const programmes = useCall('enrollment.v1.ProgrammeService/ListProgrammes', {})
  const [caseId] = useState(newId)
  const [sent, setSent] = useState(false)
  const offered = (programmes.data?.programmes ?? []).filter(({ publishedEdition }) => publishedEdition)
  const form = useForm({ programme: '', comment: '' }, {
    check: ({ programme }) => (programme || offered.length === 1 ? [] : [{ field: 'programme', text: say('officer.check.programme_missing') }]),
    send: async ({ programme, comment }) => {
      await call('enrollment.v1.EnrollmentService/CreateReferral', { id: caseId, participantId: id!, programmeId: programme || offered[0]!.id!, comment: comment.trim() })
      setSent(true)
    },
  })
  if (sent) {
    return (
      <Page title={say('officer.sent')} key="sent">
        <Banner kind="success" heading={say('officer.sent.heading', { name: facts.data?.person.name ?? '' })}><p class="govuk-body">{say('officer.sent.next')}</p></Banner>
        <p class="govuk-body"><Link to="/officer/referrals">{say('officer.referral')}</Link></p>
      </Page>
    )
  }
  return (
    <Page title={say('officer.check')} back={`/officer/referrals/${id}`}>
      <Loaded of={facts}>
        {(data) => {
          const { person } = data
          const edit = (what: string) => ({ change: { to: `/officer/people/${id}/edit?back=referral`, what } })
          return (
            <Loaded of={programmes}>
              {() => (
                <Form form={form} actions={<Button busy={form.busy}>{say('officer.check.send')}</Button>}>
                  <SummaryList rows={[
                    { key: say('officer.person.name'), value: person.name, ...edit(say('officer.person.name')) },
                    { key: say('officer.person.register'), value: person.registerNumber, ...edit(say('officer.person.register')) },
                    { key: say('officer.person.articles'), value: person.offenceArticles?.join('; '), ...edit(say('officer.person.articles')) },
                    { key: say('officer.person.start'), value: dateText(dayOf(person.sentenceStart)), ...edit(say('officer.person.start')) },
                    { key: say('officer.person.two_thirds'), value: dateText(dayOf(person.twoThirdsOn)), ...edit(say('officer.person.two_thirds')) },
                    { key: say('officer.person.release'), value: dateText(dayOf(person.expectedReleaseOn)), ...edit(say('officer.person.release')) },
                    ...KINDS.map((kind) => {
                      const paper = paperOf(data, kind)
                      return { key: paperName(kind), value: paper && `${paper.number}, ${dateText(dayOf(paper.datedOn))}, ${paper.issuedBy}`, change: { to: `/officer/referrals/${id}/papers/${kind}`, what: paperName(kind) } }
                    }),
                    { key: say('officer.referral.consent'), value: data.consent && say('officer.consent.given', { day: dateText(dayOf(data.consent.givenOn)), witness: data.consent.witness ?? '' }) },
                  ]} />
                  {offered.length > 1
                    ? <Radios form={form} name="programme" label={say('officer.check.programme')} choices={offered.map((programme) => ({ value: programme.id!, label: programme.name }))} />
                    : <p class="govuk-body">{say('officer.check.programme')}: <strong>{offered[0]?.name}</strong></p>}
                  <TextField form={form} name="comment" label={<>{say('officer.check.comment')} {say('state.optional')}</>} hint={say('officer.check.comment.hint')} rows={3} />
                </Form>
              )}
            </Loaded>
          )
        }}
      </Loaded>
    </Page>
  )
}
