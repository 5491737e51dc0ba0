// Daftar panggil: who is fetched from which block, when and where to. Made for paper: mono, A4, one repeated header.
import '../../shared'
import type { CallSheetRowJson } from '@contracts/scheduling/v1/attendance_pb'
import { useState } from 'preact/hooks'
import { Loaded, useCall } from '../../components/loaded'
import { Button, Page } from '../../components/page'
import { cancelName, componentName } from '../../names'
import { ownPrisonId, prisonOf, zoneNameOf, zoneOf } from '../../prisons'
import { installation, session } from '../../session'
import { clockText, dateOf, dayAt, dayText, momentText } from '../../time'
import { say } from '../../words'
import { DayLinks } from '../../components/day_links'

export function CallSheet({ day: asked }: Record<string, string>) {
  const prison = ownPrisonId()
  const zone = zoneOf(prison)
  const day = asked ?? dayAt(Date.now(), zone)
  const [at, setAt] = useState(() => new Date().toISOString())
  const sheet = useCall('scheduling.v1.AttendanceService/GetCallSheet', { prisonId: prison, day: dateOf(day), includeCancelled: true },
    { live: ['scheduling.', 'enrollment.participant'], keep: true })
  const print = () => {
    setAt(new Date().toISOString())
    setTimeout(() => window.print())
  }
  return (
    <Page title={say('officer.sheet')} caption={`${dayText(day)} · ${zoneNameOf(prison)}`} wide>
      <DayLinks path="/officer/call-sheet" day={day} />
      <Loaded of={sheet}>
        {({ rows = [] }) => (rows.length === 0
          ? <p class="govuk-body">{say('officer.day.none')}</p>
          : (
            <>
              <Button onClick={print}>{say('action.print')}</Button>
              <table class="call-sheet" role="table">
                <caption class="govuk-visually-hidden">{say('officer.sheet')}</caption>
                <thead role="rowgroup">
                  <tr class="call-sheet__paper" role="row">
                    <td colSpan={5} role="cell">
                      <strong>{say('officer.sheet')} · {dayText(day)} · {zoneNameOf(prison)}</strong>
                      <span>{prisonOf(prison)?.name} · {installation.get().foundation}</span>
                      {installation.get().training && <strong class="call-sheet__training">{say('app.training')}</strong>}
                      <span>{say('app.printed', { when: `${momentText(at, zone)} ${zoneNameOf(prison)}`, name: session.get()?.person.name ?? '' })}</span>
                    </td>
                  </tr>
                  <tr role="row">
                    {(['time', 'person', 'where', 'there', 'signature'] as const).map((column) =>
                      <th scope="col" role="columnheader" class={`call-sheet__${column}`} key={column}>{say(`officer.sheet.${column}`)}</th>)}
                  </tr>
                </thead>
                {blocksOf(rows).map(([block, people]) => (
                  <tbody role="rowgroup" key={block}>
                    <tr class="call-sheet__block" role="row">
                      <th scope="rowgroup" colSpan={5} role="rowheader">
                        {block ? say('officer.block', { block }) : say('officer.block.unknown')} · {say('officer.people.count', {
                          count: people.filter((row) => !row.cancelReason).length })}
                      </th>
                    </tr>
                    {people.map((row) => <Line row={row} key={`${row.sessionId} ${row.participantId}`} />)}
                  </tbody>
                ))}
                <tbody role="rowgroup" class="call-sheet__added page-print-only">
                  <tr class="call-sheet__block" role="row"><th scope="rowgroup" colSpan={5} role="rowheader">{say('officer.sheet.added')}</th></tr>
                  {[1, 2, 3].map((row) => <tr role="row" key={row}>
                    <td role="cell" /><td role="cell" /><td role="cell" /><td role="cell" class="call-sheet__there"><span class="call-sheet__box" aria-hidden="true" /></td><td role="cell" />
                  </tr>)}
                </tbody>
              </table>
              <div class="call-sheet__notes page-print-only">{say('officer.sheet.notes')}</div>
            </>
          ))}
      </Loaded>
    </Page>
  )
}

function Line({ row }: { row: CallSheetRowJson }) {
  const gone = row.cancelReason !== undefined
  const struck = (text: string) => (gone ? <s>{text}</s> : text)
  return (
    <tr role="row" class={gone ? 'call-sheet__gone' : undefined}>
      <td role="cell" class="call-sheet__time">{struck(`${clockText(row.startTime!)}–${clockText(row.endTime!)}`)}</td>
      <th scope="row" role="rowheader" class="call-sheet__person">{struck(row.participantName!)} <span class="page-small">{row.registerNumber}</span></th>
      <td role="cell" class="call-sheet__where">
        {struck(`${row.roomName} · ${componentName(row.component)}`)}
        <span class="page-small">
          {gone ? `${say('officer.cancelled')}: ${cancelName(row.cancelReason)}${row.cancelNote ? ` (${row.cancelNote})` : ''}` : row.counsellorNames?.join(', ')}
        </span>
      </td>
      <td role="cell" class="call-sheet__there">{!gone && <span class="call-sheet__box" aria-hidden="true" />}</td>
      <td role="cell" class="call-sheet__signature" />
    </tr>
  )
}

function blocksOf(rows: CallSheetRowJson[]): [string, CallSheetRowJson[]][] {
  const blocks = new Map<string, CallSheetRowJson[]>()
  for (const row of rows) {
    const block = row.block ?? ''
    blocks.set(block, [...(blocks.get(block) ?? []), row])
  }
  return [...blocks]
}
