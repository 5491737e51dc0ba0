// A mark that is older than a week changes only when a second person has countersigned it.
import '../../shared'
import { useState } from 'preact/hooks'
import { call } from '../../api'
import { Radios, TextField } from '../../components/fields'
import { Form, useForm } from '../../components/form'
import { Loaded, useCall } from '../../components/loaded'
import { Inset, Page } from '../../components/page'
import { markName } from '../../names'
import { newId } from '../../uuid'
import { say } from '../../words'
import type { AttendanceMarkJson } from '@contracts/scheduling/v1/scheduling_pb'

const MARKS: AttendanceMarkJson[] = ['ATTENDANCE_MARK_ATTENDED', 'ATTENDANCE_MARK_LATE', 'ATTENDANCE_MARK_SICK', 'ATTENDANCE_MARK_REFUSED',
  'ATTENDANCE_MARK_NOT_ESCORTED', 'ATTENDANCE_MARK_CLASH', 'ATTENDANCE_MARK_EXCUSED']

export function Correct({ session, person }: Record<string, string>) {
  const [id] = useState(newId)
  const roll = useCall('scheduling.v1.DayService/GetRoll', { sessionId: session! })
  const form = useForm({ mark: '', reason: '' }, {
    check: ({ mark, reason }) => [
      ...(mark ? [] : [{ field: 'mark', text: say('officer.correct.mark_missing') }]),
      ...(reason.trim() ? [] : [{ field: 'reason', text: say('officer.correct.reason_missing') }]),
    ],
    send: async ({ mark, reason }, go) => {
      await call('scheduling.v1.AttendanceService/CorrectAttendance',
        { id, sessionId: session!, participantId: person!, mark: mark as AttendanceMarkJson, reason: reason.trim() })
      go(`/officer/sessions/${session}`, 'replace')
    },
  })
  return (
    <Page title={say('officer.correct.title')} back={`/officer/sessions/${session}`}>
      <Loaded of={roll}>
        {({ entries = [] }) => {
          const entry = entries.find(({ participantId }) => participantId === person)
          return (
            <>
              <p class="govuk-body"><strong>{entry?.name}</strong> · {say('officer.correct.stands', { mark: markName(entry?.mark) })}</p>
              <Inset>{say('officer.correct.text')}</Inset>
              <Form form={form} submit={say('officer.correct.submit')}>
                <Radios form={form} name="mark" label={say('officer.correct.mark')} large
                  choices={MARKS.filter((mark) => mark !== entry?.mark).map((mark) => ({ value: mark, label: markName(mark) }))} />
                <TextField form={form} name="reason" label={say('officer.correct.reason')} rows={3} />
              </Form>
            </>
          )
        }}
      </Loaded>
    </Page>
  )
}
