// To another prison: where to, what that does, and then it is recorded.
import type { AgreementJson } from '@contracts/enrollment/v1/agreement_pb'
import type { EnrollmentRowJson } from '@contracts/enrollment/v1/enrollment_pb'
import { useState } from 'preact/hooks'
import { call, callAll } from '../../api'
import { Select, TextField } from '../../components/fields'
import { Form, useForm } from '../../components/form'
import { Loaded, useCall, useLoading } from '../../components/loaded'
import { ButtonLink, Inset, Page } from '../../components/page'
import { prisonOf, prisons, prisonsOnly } from '../../prisons'
import { dateText, dayOf } from '../../time'
import { say } from '../../words'
import { Check, homeOf, isIn, ofCase, useCustody, type InCustody, type Whose } from '../joint/custody'

/** A case that runs goes on where a seat of its programme is free; one that ended for good stays where it ended. */
function effectOf(row: EnrollmentRowJson, agreements: AgreementJson[]) {
  if (isIn(row, 'NOT_SUITABLE', 'WITHDRAWN', 'AFTERCARE', 'CLOSED')) return []
  if (!isIn(row, 'ACTIVE', 'ON_HOLD')) return [say('custody.stays', ofCase(row))]
  const seat = agreements.some(({ state, programmeIds, seats = 0, seatsTaken = 0 }) =>
    state === 'AGREEMENT_STATE_IN_FORCE' && programmeIds?.includes(row.enrollment!.programmeId!) && seatsTaken < seats)
  return [say(seat ? 'custody.seat' : 'custody.waits', ofCase(row))]
}

/** Of a person in prison: the ways out of it. */
export function Custody({ id, person }: { id: string; person: string }) {
  const read = useCall('enrollment.v1.ParticipantService/GetParticipant', { id: person }, { live: ['enrollment.participant'] })
  if (!read.data || read.data.releasedOn) return null
  return (
    <div class="govuk-button-group">
      <ButtonLink kind="secondary" to={`/coordinator/cases/${id}/release/${person}`}>{say('release.title')}</ButtonLink>
      <ButtonLink kind="secondary" to={`/coordinator/cases/${id}/transfer/${person}`}>{say('transfer.title')}</ButtonLink>
    </div>
  )
}

export function Transfer(whose: Whose) {
  const read = useCustody(whose.person!)
  return (
    <Loaded of={read}>
      {(of) => (of.person.releasedOn
        ? <Page title={say('transfer.title')} back={homeOf(whose)}><Inset>{say('release.already', { day: dateText(dayOf(of.person.releasedOn)) })}</Inset></Page>
        : <TransferForm of={of} whose={whose} />)}
    </Loaded>
  )
}

function TransferForm({ of: { person, cases, sessions }, whose }: { of: InCustody; whose: Whose }) {
  const [asked, setAsked] = useState(false)
  const form = useForm({ prisonId: '', registerNumber: '', block: '' }, {
    check: ({ prisonId }) => (prisonId ? [] : [{ field: 'prisonId', text: say('transfer.choose') }]),
    send: async ({ prisonId, registerNumber, block }, go) => {
      if (!asked) return setAsked(true)
      await call('enrollment.v1.ParticipantService/TransferParticipant',
        { id: person.id!, prisonId, registerNumber: registerNumber.trim(), block: block.trim() }).catch((error: unknown) => {
        // What is wrong is mended in the first step.
        setAsked(false)
        throw error
      })
      go(`${homeOf(whose)}?done=transfer`, 'replace')
    },
  })
  const { prisonId, registerNumber, block } = form.values
  const agreements = useLoading(asked ? `agreements ${prisonId}` : null, () => callAll('enrollment.v1.AgreementService/ListAgreements', { prisonId }, 'agreements'))
  if (asked) {
    return (
      <Loaded of={agreements}>
        {(there) => (
          <Check title={say('transfer.check')} form={form} submit={say('transfer.submit')} change={() => setAsked(false)}
            rows={[
              { key: say('custody.person'), value: `${person.name}, ${person.registerNumber}` },
              { key: say('transfer.from'), value: prisonOf(person.prisonId)?.name },
              { key: say('transfer.to'), value: prisonOf(prisonId)?.name },
              { key: say('transfer.register'), value: registerNumber.trim() || person.registerNumber },
              { key: say('transfer.block'), value: block.trim() || '–' },
            ]}
            cases={cases.flatMap((row) => effectOf(row, there))} sessions={sessions} />
        )}
      </Loaded>
    )
  }
  return (
    <Page title={say('transfer.title')} caption={`${person.name} · ${prisonOf(person.prisonId)?.name}`} back={homeOf(whose)} key="form">
      <p class="govuk-body">{say('transfer.about')}</p>
      <Form form={form} submit={say('action.continue')}>
        <Select form={form} name="prisonId" label={say('transfer.to')} choices={[{ value: '', label: say('case.choose') },
          ...prisonsOnly(prisons.get()).filter(({ id }) => id !== person.prisonId).map(({ id, name }) => ({ value: id!, label: name }))]} />
        <TextField form={form} name="registerNumber" label={`${say('transfer.register')} ${say('state.optional')}`} hint={say('transfer.register_hint', { number: person.registerNumber ?? '' })} width={20} />
        <TextField form={form} name="block" label={`${say('transfer.block')} ${say('state.optional')}`} width={20} />
      </Form>
    </Page>
  )
}
