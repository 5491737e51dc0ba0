// Released for good: the day, what that does, and then it is recorded.
import type { EnrollmentRowJson } from '@contracts/enrollment/v1/enrollment_pb'
import { useState } from 'preact/hooks'
import { call } from '../../api'
import { DayField, readDay, typedDay } from '../../components/fields'
import { Form, useForm } from '../../components/form'
import { Loaded } from '../../components/loaded'
import { Inset, Page } from '../../components/page'
import { zoneOf } from '../../prisons'
import { dateOf, dateText, dayAt, dayOf } from '../../time'
import { say } from '../../words'
import { Check, homeOf, isIn, ofCase, useCustody, type InCustody, type Whose } from './custody'

const effectOf = (row: EnrollmentRowJson) => {
  if (isIn(row, 'REFERRED', 'AWAITING_ASSESSMENT', 'SUITABLE_NOT_READY', 'WAITLISTED')) return [say('custody.ends', ofCase(row))]
  return isIn(row, 'ACTIVE', 'ON_HOLD', 'COMPLETED', 'ENDED_EARLY') ? [say('custody.aftercare', ofCase(row))] : []
}

export function Release(whose: Whose) {
  const read = useCustody(whose.person!)
  return (
    <Loaded of={read}>
      {(of) => (of.person.releasedOn
        ? <Page title={say('release.title')} back={homeOf(whose)}><Inset>{say('release.already', { day: dateText(dayOf(of.person.releasedOn)) })}</Inset></Page>
        : <ReleaseForm of={of} whose={whose} />)}
    </Loaded>
  )
}

function ReleaseForm({ of: { person, cases, sessions }, whose }: { of: InCustody; whose: Whose }) {
  const today = dayAt(Date.now(), zoneOf(person.prisonId))
  const [asked, setAsked] = useState(false)
  const form = useForm({ releasedOn: typedDay(today) }, {
    check: ({ releasedOn }) => {
      const day = readDay(releasedOn)
      return day && day <= today ? [] : [{ field: 'releasedOn', text: say('release.day_wrong') }]
    },
    send: async ({ releasedOn }, go) => {
      if (!asked) return setAsked(true)
      await call('enrollment.v1.ParticipantService/ReleaseParticipant', { id: person.id!, releasedOn: dateOf(readDay(releasedOn)!) })
      go(`${homeOf(whose)}?done=release`, 'replace')
    },
  })
  if (asked) {
    return (
      <Check title={say('release.check')} form={form} submit={say('release.submit')} change={() => setAsked(false)} warning={say('release.final')}
        rows={[{ key: say('custody.person'), value: `${person.name}, ${person.registerNumber}` }, { key: say('release.day'), value: dateText(readDay(form.values.releasedOn)!) }]}
        cases={cases.flatMap(effectOf)} sessions={sessions} />
    )
  }
  return (
    <Page title={say('release.title')} caption={person.name} back={homeOf(whose)} key="form">
      <p class="govuk-body">{say('release.about')}</p>
      <Form form={form} submit={say('action.continue')}><DayField form={form} name="releasedOn" label={say('release.day')} /></Form>
    </Page>
  )
}
