// How long ago, and in whose time: for people who work for the whole foundation and so in no prison's zone.
import { momentText, zoneName } from './time'
import { say } from './words'

const MINUTE = 60_000

/** "2 mnt", "5 jam", "3 hari"; of nothing: never. */
export function agoText(instant: string | undefined, now = Date.now()): string {
  if (!instant) return say('ago.never')
  const minutes = Math.max(0, Math.round((now - Date.parse(instant)) / MINUTE))
  if (minutes < 60) return say('ago.minutes', { count: minutes })
  if (minutes < 48 * 60) return say('ago.hours', { count: Math.round(minutes / 60) })
  return say('ago.days', { count: Math.round(minutes / 60 / 24) })
}

/** The browser's zone if it is one of Indonesia's, else that of Jakarta. */
export function ownZone(): string {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
  return zoneName(zone) === zone ? 'Asia/Jakarta' : zone
}

/** "24 Nov 2026, 09.05 WIB", in one's own zone or a prison's. */
export const zonedText = (instant: string | undefined, zone = ownZone()): string =>
  (instant ? `${momentText(instant, zone)} ${zoneName(zone)}` : '')
