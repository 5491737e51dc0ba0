// Making an agreement, or one that renews another: a draft until it is signed.
import type { AgreementJson } from '@contracts/enrollment/v1/agreement_pb'
import type { ProgrammeJson } from '@contracts/enrollment/v1/programme_pb'
import { useRef } from 'preact/hooks'
import { call } from '../../api'
import { Checkboxes, DayField, noDay, readDay, Select, TextField, typedDay } from '../../components/fields'
import { Form, useForm, type Wrong } from '../../components/form'
import { Loaded, useLoading } from '../../components/loaded'
import { Page } from '../../components/page'
import { prisonOf, prisons, prisonsOnly } from '../../prisons'
import { address, searchOf } from '../../router'
import { useStore } from '../../store'
import { addDays, dateOf, dayOf } from '../../time'
import { say, type Key } from '../../words'
import { newId } from '../../uuid'

export const readProgrammes = async () =>
  ((await call('enrollment.v1.ProgrammeService/ListProgrammes', { pageSize: 200 })).programmes ?? []).filter(({ publishedEdition }) => publishedEdition)

export function AgreementNew() {
  const programmes = useLoading('published programmes', readProgrammes)
  return <Loaded of={programmes}>{(list) => <AgreementForm programmes={list} />}</Loaded>
}

export function AgreementRenew({ agreement: id = '' }: Record<string, string>) {
  const both = useLoading(`renew ${id}`, () => Promise.all([call('enrollment.v1.AgreementService/GetAgreement', { id }), readProgrammes()]))
  return <Loaded of={both}>{([renewed, list]) => <AgreementForm renewed={renewed} programmes={list} />}</Loaded>
}

const wholeNumber = (text: string) => (/^\d{1,5}$/.test(text.trim()) ? Number(text) : undefined)

function firstValues(prisonId: string, renewed?: AgreementJson) {
  const from = renewed ? addDays(dayOf(renewed.validUntil), 1) : ''
  const year = Number(from.slice(0, 4))
  return {
    prisonId: renewed?.prisonId ?? prisonId, number: '',
    foundationName: renewed?.foundationSignatory?.name ?? '', foundationPosition: renewed?.foundationSignatory?.position ?? '',
    prisonName: renewed?.prisonSignatory?.name ?? '', prisonPosition: renewed?.prisonSignatory?.position ?? say('agreement.head'),
    validFrom: from ? typedDay(from) : noDay, validUntil: from ? typedDay(addDays(`${year + 1}${from.slice(4)}`, -1)) : noDay,
    programmeIds: renewed?.programmeIds ?? [] as string[],
    seats: `${renewed?.seats ?? ''}`, visitsPerMonth: `${renewed?.visitsPerMonth ?? ''}`, runOffDays: `${renewed?.runOffDays ?? 30}`,
  }
}
type Values = ReturnType<typeof firstValues>

function check(values: Values): Wrong[] {
  const wrong: Wrong[] = []
  const need = (field: keyof Values, label: Key) => {
    if (!String(values[field]).trim()) wrong.push({ field, text: say('error.required', { what: say(label).toLowerCase() }) })
  }
  need('prisonId', 'prison.title')
  need('number', 'agreement.number')
  need('foundationName', 'agreement.foundation_name')
  need('foundationPosition', 'agreement.foundation_position')
  need('prisonName', 'agreement.prison_name')
  need('prisonPosition', 'agreement.prison_position')
  for (const field of ['validFrom', 'validUntil'] as const) if (!readDay(values[field])) wrong.push({ field, text: say('error.date') })
  if (values.programmeIds.length === 0) wrong.push({ field: 'programmeIds', text: say('agreement.choose_programme') })
  for (const [field, label] of [['seats', 'overview.seats'], ['visitsPerMonth', 'agreement.visits'], ['runOffDays', 'agreement.run_off']] as const) {
    if (wholeNumber(values[field]) === undefined) wrong.push({ field, text: say('error.number', { what: say(label).toLowerCase() }) })
  }
  return wrong
}

function AgreementForm({ renewed, programmes }: { renewed?: AgreementJson; programmes: ProgrammeJson[] }) {
  const places = prisonsOnly(useStore(prisons))
  const asked = searchOf(useStore(address)).get('prison') ?? ''
  // Sending again makes nothing twice.
  const id = useRef(newId())
  const form = useForm(firstValues(asked, renewed), {
    check,
    keptAs: renewed ? `renew-${renewed.id}` : 'agreement',
    send: async (values, go) => {
      const common = {
        id: id.current, number: values.number.trim(), validFrom: dateOf(readDay(values.validFrom)!), validUntil: dateOf(readDay(values.validUntil)!),
        foundationSignatory: { name: values.foundationName.trim(), position: values.foundationPosition.trim() },
        prisonSignatory: { name: values.prisonName.trim(), position: values.prisonPosition.trim() }, programmeIds: values.programmeIds,
        seats: wholeNumber(values.seats)!, visitsPerMonth: wholeNumber(values.visitsPerMonth)!, runOffDays: wholeNumber(values.runOffDays)!,
      }
      if (renewed) await call('enrollment.v1.AgreementService/RenewAgreement', { ...common, renewsId: renewed.id! })
      else await call('enrollment.v1.AgreementService/CreateAgreement', { ...common, prisonId: values.prisonId })
      go(`/coordinator/agreements/${id.current}?done=made`, 'replace')
    },
  })
  return (
    <Page title={say(renewed ? 'agreement.renew' : 'agreement.new')} {...(renewed ? { caption: `${renewed.number} · ${prisonOf(renewed.prisonId)?.name}` } : {})}
      back={renewed ? `/coordinator/agreements/${renewed.id}` : '/coordinator/agreements'}>
      <p class="govuk-body">{say(renewed ? 'agreement.renew_about' : 'agreement.new_about')}</p>
      <Form form={form} submit={say('agreement.make')}>
        {!renewed && (
          <Select form={form} name="prisonId" label={say('prison.title')} choices={[
            { value: '', label: say('case.choose') }, ...places.map((prison) => ({ value: prison.id!, label: prison.name! })),
          ]} />
        )}
        <TextField form={form} name="number" label={say('agreement.number')} hint={say('agreement.number_hint')} />
        <DayField form={form} name="validFrom" label={say('agreement.from')} />
        <DayField form={form} name="validUntil" label={say('agreement.until')} />
        <Checkboxes form={form} name="programmeIds" label={say('agreement.programmes')} choices={programmes.map((one) => ({ value: one.id!, label: one.name! }))} />
        <TextField form={form} name="seats" label={say('agreement.seats_at_once')} width={5} inputMode="numeric" />
        <TextField form={form} name="visitsPerMonth" label={say('agreement.visits')} width={5} inputMode="numeric" />
        <TextField form={form} name="runOffDays" label={say('agreement.run_off')} hint={say('agreement.run_off_hint')} width={5} inputMode="numeric" />
        <h2 class="govuk-heading-m">{say('agreement.for_foundation')}</h2>
        <TextField form={form} name="foundationName" label={say('agreement.foundation_name')} />
        <TextField form={form} name="foundationPosition" label={say('agreement.foundation_position')} />
        <h2 class="govuk-heading-m">{say('agreement.for_prison')}</h2>
        <TextField form={form} name="prisonName" label={say('agreement.prison_name')} />
        <TextField form={form} name="prisonPosition" label={say('agreement.prison_position')} />
      </Form>
    </Page>
  )
}
