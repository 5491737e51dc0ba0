// Closed hours in words.
import type { ClosedHoursJson } from '@contracts/scheduling/v1/closed_hours_pb'
import { clockText, dateText, dayOf, weekdayText } from './time'
import { say } from './words'

/** "11.30–13.00". */
export const timesText = ({ fromTime = '', untilTime = '' }: ClosedHoursJson): string => `${clockText(fromTime)}–${clockText(untilTime)}`
/** "Senin, Jumat", or that it is every day. */
export const weekdaysText = ({ weekdays = [] }: ClosedHoursJson): string => (weekdays.length === 7 ? say('hours.daily') : weekdays.map(weekdayText).join(', '))
/** From when, and until when unless for good. */
export const daysText = ({ firstDay, lastDay }: ClosedHoursJson): string =>
  (lastDay ? `${dateText(dayOf(firstDay))} – ${dateText(dayOf(lastDay))}` : say('hours.since', { day: dateText(dayOf(firstDay)) }))
