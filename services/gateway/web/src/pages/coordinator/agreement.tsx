// One agreement: what was agreed, how many seats are used, the reminders before its end, and what comes next.
import type { AgreementJson } from '@contracts/enrollment/v1/agreement_pb'
import { call } from '../../api'
import { DayField, noDay, readDay, TextField, typedDay } from '../../components/fields'
import { Form, useForm, type Wrong } from '../../components/form'
import { Loaded, useCall, useLoading } from '../../components/loaded'
import { Banner, ButtonLink, Page, SummaryList, Table, Warning } from '../../components/page'
import { prisonOf, zoneOf } from '../../prisons'
import { address, Link, searchOf } from '../../router'
import { useStore } from '../../store'
import { addDays, dateOf, dateText, dayAt, dayOf } from '../../time'
import { say } from '../../words'
import { AgreementTag, daysUntil, endOf } from './agreements'
import { DeliveryState } from './notices'

const LADDER = [90, 60, 30, 7]
const useAgreement = (id: string) => useCall('enrollment.v1.AgreementService/GetAgreement', { id }, { live: ['enrollment.agreement', 'enrollment.case'] })

function Ladder({ agreement }: { agreement: AgreementJson }) {
  const sent = useCall('notifications.v1.NotificationsService/ListDeliveries', { subjectId: agreement.id!, pageSize: 200 })
  const end = endOf(agreement)
  return (
    <Loaded of={sent}>
      {({ deliveries = [] }) => (
        <Table caption={say('agreement.ladder')} head={[{ text: say('agreement.step') }, { text: say('agreement.day') }, { text: say('agreement.told') }]}
          rows={LADDER.map((days) => {
            const told = deliveries.filter(({ rule }) => rule === `AGREEMENT_${days}_DAYS`)
            return [
              say('agreement.days_before', { count: days }), dateText(addDays(end, -days)),
              told.length === 0
                ? say(agreement.replacedFrom ? 'agreement.not_needed' : daysUntil(end, zoneOf(agreement.prisonId)) > days ? 'agreement.to_come' : 'agreement.not_told')
                : <ul class="govuk-list">{told.map((one) => <li key={one.id}>{one.recipientName} <DeliveryState delivery={one} /></li>)}</ul>,
            ]
          })} />
      )}
    </Loaded>
  )
}

export function AgreementPage({ agreement: id = '' }: Record<string, string>) {
  const agreement = useAgreement(id)
  const programmes = useLoading('programmes', () => call('enrollment.v1.ProgrammeService/ListProgrammes', { pageSize: 200 }))
  const done = searchOf(useStore(address)).get('done')
  return (
    <Loaded of={agreement}>
      {(one) => {
        const left = daysUntil(endOf(one), zoneOf(one.prisonId))
        const names = new Map(programmes.data?.programmes?.map((programme) => [programme.id, programme.name]))
        const running = one.signedOn && !one.endedOn && !one.replacedFrom
        return (
          <Page title={say('agreement.title')} heading={one.number} caption={prisonOf(one.prisonId)?.name} back="/coordinator/agreements" wide>
            {done && <Banner kind="success" heading={say(done === 'signed' ? 'agreement.signed' : done === 'ended' ? 'agreement.ended' : 'agreement.made')} />}
            {running && left >= 0 && left <= 90 && <Warning>{say('agreement.ends_in', { count: left })}</Warning>}
            <SummaryList rows={[
              { key: say('agreement.state'), value: <AgreementTag state={one.state} /> },
              { key: say('agreement.time'), value: `${dateText(dayOf(one.validFrom))} – ${dateText(dayOf(one.validUntil))}` },
              { key: say('agreement.left'), value: running && left >= 0 ? say('ago.days', { count: left }) : '–' },
              { key: say('overview.seats'), value: say('agreement.seats_used', { taken: one.seatsTaken ?? 0, seats: one.seats ?? 0 }) },
              { key: say('agreement.visits'), value: `${one.visitsPerMonth ?? 0}` },
              { key: say('agreement.run_off'), value: one.runOffDays ? say('agreement.run_off_until', { count: one.runOffDays, day: dateText(dayOf(one.runOffUntil)) }) : say('ago.days', { count: 0 }) },
              { key: say('agreement.programmes'), value: one.programmeIds?.map((programme) => names.get(programme) ?? '…').join(', ') || say('agreement.no_programme') },
              { key: say('agreement.for_foundation'), value: `${one.foundationSignatory?.name}, ${one.foundationSignatory?.position}` },
              { key: say('agreement.for_prison'), value: `${one.prisonSignatory?.name}, ${one.prisonSignatory?.position}` },
              { key: say('agreement.signed_on'), value: dateText(dayOf(one.signedOn)) || say('agreement.unsigned') },
              ...(one.endedOn ? [{ key: say('agreement.ended_on'), value: <>{dateText(dayOf(one.endedOn))}<span class="page-small">{one.endComment}</span></> }] : []),
              ...(one.replacedFrom ? [{ key: say('agreement.replaced'), value: dateText(dayOf(one.replacedFrom)) }] : []),
              ...(one.renewsId ? [{ key: say('agreement.renews'), value: <Link to={`/coordinator/agreements/${one.renewsId}`}>{say('agreement.show_renewed')}</Link> }] : []),
            ]} />
            <div class="govuk-button-group">
              {!one.signedOn && <ButtonLink to={`/coordinator/agreements/${id}/sign`}>{say('agreement.sign')}</ButtonLink>}
              {running && <ButtonLink to={`/coordinator/agreements/${id}/renew`}>{say('agreement.renew')}</ButtonLink>}
              {running && <ButtonLink kind="secondary" to={`/coordinator/agreements/${id}/end`}>{say('agreement.end')}</ButtonLink>}
            </div>
            {one.signedOn && <Ladder agreement={one} />}
          </Page>
        )
      }}
    </Loaded>
  )
}

interface DayFormProps {
  agreement: AgreementJson
}
/** Noting the signing of both sides. */
export const AgreementSign = ({ agreement: id = '' }: Record<string, string>) =>
  <Loaded of={useAgreement(id)}>{(agreement) => <SignForm agreement={agreement} />}</Loaded>

function SignForm({ agreement }: DayFormProps) {
  const form = useForm({ signedOn: typedDay(dayAt(Date.now(), zoneOf(agreement.prisonId))) }, {
    check: ({ signedOn }) => (readDay(signedOn) ? [] : [{ field: 'signedOn', text: say('error.date') }]),
    send: async ({ signedOn }, go) => {
      await call('enrollment.v1.AgreementService/SignAgreement', { id: agreement.id!, signedOn: dateOf(readDay(signedOn)!) })
      go(`/coordinator/agreements/${agreement.id}?done=signed`, 'replace')
    },
  })
  return (
    <Page title={say('agreement.sign')} caption={`${agreement.number} · ${prisonOf(agreement.prisonId)?.name}`} back={`/coordinator/agreements/${agreement.id}`}>
      <p class="govuk-body">{say('agreement.sign_about')}</p>
      <SummaryList rows={[
        { key: say('agreement.for_foundation'), value: `${agreement.foundationSignatory?.name}, ${agreement.foundationSignatory?.position}` },
        { key: say('agreement.for_prison'), value: `${agreement.prisonSignatory?.name}, ${agreement.prisonSignatory?.position}` },
      ]} />
      <Form form={form} submit={say('agreement.sign_do')}>
        <DayField form={form} name="signedOn" label={say('agreement.signed_on')} hint={say('agreement.signed_on_hint')} />
      </Form>
    </Page>
  )
}

/** Ending it before its time. */
export const AgreementEnd = ({ agreement: id = '' }: Record<string, string>) =>
  <Loaded of={useAgreement(id)}>{(agreement) => <EndForm agreement={agreement} />}</Loaded>

function EndForm({ agreement }: DayFormProps) {
  const form = useForm({ endedOn: noDay, comment: '' }, {
    check: ({ endedOn, comment }) => {
      const wrong: Wrong[] = []
      if (!readDay(endedOn)) wrong.push({ field: 'endedOn', text: say('error.date') })
      if (!comment.trim()) wrong.push({ field: 'comment', text: say('error.required', { what: say('case.reason').toLowerCase() }) })
      return wrong
    },
    send: async ({ endedOn, comment }, go) => {
      await call('enrollment.v1.AgreementService/EndAgreement', { id: agreement.id!, endedOn: dateOf(readDay(endedOn)!), comment: comment.trim() })
      go(`/coordinator/agreements/${agreement.id}?done=ended`, 'replace')
    },
  })
  return (
    <Page title={say('agreement.end')} caption={`${agreement.number} · ${prisonOf(agreement.prisonId)?.name}`} back={`/coordinator/agreements/${agreement.id}`}>
      <Warning>{say('agreement.end_about', { count: agreement.runOffDays ?? 0 })}</Warning>
      <Form form={form} submit={say('agreement.end')}>
        <DayField form={form} name="endedOn" label={say('agreement.last_day')} />
        <TextField form={form} name="comment" label={say('case.reason')} rows={3} />
      </Form>
    </Page>
  )
}
