// Corrections of attendance that wait for a second person, for whoever may countersign them.
import type { AttendanceCorrectionJson } from '@contracts/scheduling/v1/attendance_pb'
import { useState } from 'preact/hooks'
import { zonedText } from '../../ago'
import { call, callAll } from '../../api'
import { Action } from '../../components/action'
import { Loaded, useLoading } from '../../components/loaded'
import { Banner, Inset, Page, SummaryList } from '../../components/page'
import { componentName, markName } from '../../names'
import { prisonOf, zoneOf } from '../../prisons'
import { Link } from '../../router'
import { session } from '../../session'
import { say } from '../../words'

const useCorrections = () => useLoading('corrections',
  () => callAll('scheduling.v1.AttendanceService/ListCorrections', {}, 'corrections'), { live: ['scheduling.attendance'] })

/** How many wait, and the way to them; nothing where none does. */
export function CorrectionsWaiting({ to }: { to: string }) {
  const count = useCorrections().data?.length ?? 0
  return count > 0 ? <p class="govuk-body"><Link to={to}>{say('corrections.waiting', { count })}</Link></p> : null
}

function Correction({ of, signed }: { of: AttendanceCorrectionJson; signed: () => Promise<void> }) {
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
          <Action text={say('corrections.sign', { name: of.participantName ?? '' })} act={async () => {
            await call('scheduling.v1.AttendanceService/CountersignCorrection', { correctionId: of.id! })
            await signed()
          }} />
        )}
    </section>
  )
}

export function CorrectionList() {
  const list = useCorrections()
  const [last, setLast] = useState<AttendanceCorrectionJson>()
  return (
    <>
      {last && <Banner kind="success" key={last.id} heading={say('corrections.done', { name: last.participantName ?? '' })} />}
      <p class="govuk-body">{say('corrections.about')}</p>
      <Loaded of={list}>
        {(rows) => (rows.length === 0
          ? <p class="govuk-body">{say('corrections.none')}</p>
          : <>{rows.map((row) => <Correction of={row} key={row.id} signed={() => { setLast(row); return list.reload() }} />)}</>)}
      </Loaded>
    </>
  )
}

export const Corrections = () => <Page title={say('corrections.title')} back="/coordinator"><CorrectionList /></Page>
