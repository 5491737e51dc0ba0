// Corrections of attendance that wait for a second person, for whoever may countersign or refuse them.
import type { AttendanceCorrectionJson } from '@contracts/scheduling/v1/attendance_pb'
import { useEffect, useState } from 'preact/hooks'
import { zonedText } from '../../ago'
import { call, callAll } from '../../api'
import { Action } from '../../components/action'
import { TextField } from '../../components/fields'
import { Form, useForm } from '../../components/form'
import { Loaded, useLoading } from '../../components/loaded'
import { Banner, Button, Inset, Page, SummaryList } from '../../components/page'
import { componentName, markName } from '../../names'
import { prisonOf, zoneOf } from '../../prisons'
import { Link } from '../../router'
import { session } from '../../session'
import { say } from '../../words'

const useCorrections = () => useLoading('corrections',
  () => callAll('scheduling.v1.AttendanceService/ListCorrections', {}, 'corrections'), { live: ['scheduling.correction', 'scheduling.attendance'] })

export const useCorrectionCount = (): number => useCorrections().data?.length ?? 0

/** How many wait, and the way to them; nothing where none does. */
export function CorrectionsWaiting({ to }: { to: string }) {
  const count = useCorrectionCount()
  return count > 0 ? <p class="govuk-body"><Link to={to}>{say('corrections.waiting', { count })}</Link></p> : null
}

function Refusal({ of, decided }: { of: AttendanceCorrectionJson; decided: () => Promise<void> }) {
  const form = useForm({ reason: '' }, {
    check: ({ reason }) => (reason.trim() ? [] : [{ field: 'reason', text: say('corrections.refusal.required') }]),
    send: async ({ reason }) => {
      await call('scheduling.v1.AttendanceService/RefuseCorrection', { correctionId: of.id!, reason: reason.trim() })
      await decided()
    },
  })
  useEffect(() => document.getElementById('reason')?.focus(), [])
  return (
    <Form form={form} actions={<Button kind="warning" busy={form.busy}>{say('corrections.refuse', { name: of.participantName ?? '' })}</Button>}>
      <TextField form={form} name="reason" label={say('corrections.refusal')} hint={say('corrections.refusal.hint')} rows={2} />
    </Form>
  )
}

interface CorrectionProps {
  of: AttendanceCorrectionJson
  // Whether why it is to be refused is being asked for.
  refusing: boolean
  refuse: () => void
  decided: (refused: boolean) => Promise<void>
}
function Correction({ of, refusing, refuse, decided }: CorrectionProps) {
  const zone = zoneOf(of.prisonId)
  return (
    <section class="page-correction" aria-labelledby={`correction-${of.id}`}>
      <h3 class="govuk-heading-s" id={`correction-${of.id}`}>{of.participantName} <span class="page-small">{of.registerNumber}</span></h3>
      <SummaryList rows={[
        { key: say('corrections.session'), value: `${componentName(of.component)}, ${prisonOf(of.prisonId)?.name}, ${zonedText(of.startsAt, zone)}` },
        { key: say('corrections.change'), value: <><strong>{markName(of.standingMark)} → {markName(of.mark)}</strong>{of.remark && <span class="page-small">{of.remark}</span>}</> },
        { key: say('corrections.reason'), value: of.reason },
        { key: say('corrections.asked'), value: say('corrections.by', { name: of.requestedByName ?? '', when: zonedText(of.requestedAt, zone) }) },
      ]} />
      {of.requestedBy === session.get()?.person.id
        ? <Inset>{say('corrections.own')}</Inset>
        : (
          <>
            <Action text={say('corrections.sign', { name: of.participantName ?? '' })} act={async () => {
              await call('scheduling.v1.AttendanceService/CountersignCorrection', { correctionId: of.id! })
              await decided(false)
            }} />
            {refusing
              ? <Refusal of={of} decided={() => decided(true)} />
              : <Button kind="secondary" onClick={refuse}>{say('corrections.refuse', { name: of.participantName ?? '' })}</Button>}
          </>
        )}
    </section>
  )
}

export function CorrectionList() {
  const list = useCorrections()
  const [last, setLast] = useState<{ of: AttendanceCorrectionJson; refused: boolean }>()
  const [refusing, setRefusing] = useState<string>()
  return (
    <>
      {last && (
        <Banner kind="success" key={last.of.id} heading={say(last.refused ? 'corrections.refused' : 'corrections.done', { name: last.of.participantName ?? '' })} />
      )}
      <p class="govuk-body">{say('corrections.about')}</p>
      <Loaded of={list}>
        {(rows) => (rows.length === 0
          ? <p class="govuk-body">{say('corrections.none')}</p>
          : <>{rows.map((row) => (
            <Correction of={row} key={row.id} refusing={row.id === refusing} refuse={() => setRefusing(row.id)}
              decided={(refused) => { setLast({ of: row, refused }); return list.reload() }} />
          ))}</>)}
      </Loaded>
    </>
  )
}

export const Corrections = () => <Page title={say('corrections.title')} back="/coordinator"><CorrectionList /></Page>
