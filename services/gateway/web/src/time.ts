// Days and times as they are in a prison: in its own zone, never the browser's. A day is "2026-11-24".
import type { DateJson } from '@contracts/type/v1/date_pb'
import { language } from './words'

export type Day = string

export const dayOf = (date: DateJson | undefined): Day =>
  date?.year ? `${String(date.year).padStart(4, '0')}-${two(date.month)}-${two(date.day)}` : ''
export const dateOf = (day: Day): DateJson => {
  const [year, month, date] = day.split('-').map(Number)
  return { year: year!, month: month!, day: date! }
}
const two = (number = 0) => String(number).padStart(2, '0')

const SHORT_ZONES: Record<string, string> = { 'Asia/Jakarta': 'WIB', 'Asia/Makassar': 'WITA', 'Asia/Jayapura': 'WIT' }
const OFFSETS: Record<string, string> = { 'Asia/Jakarta': '+07:00', 'Asia/Makassar': '+08:00', 'Asia/Jayapura': '+09:00' }
export const zoneName = (zone: string): string => SHORT_ZONES[zone] ?? zone

const formats = new Map<string, Intl.DateTimeFormat>()
function format(zone: string, options: Intl.DateTimeFormatOptions, locale = language.get() === 'id' ? 'id-ID' : 'en-GB') {
  const key = locale + zone + JSON.stringify(options)
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(locale, { timeZone: zone, ...options }))
  return formats.get(key)!
}

/** "2026-11-24" of an instant. */
export const dayAt = (instant: string | number | Date, zone: string): Day =>
  format(zone, { year: 'numeric', month: '2-digit', day: '2-digit' }, 'sv-SE').format(new Date(instant))

/** "09.00" in Bahasa Indonesia, "09:00" in English. */
export const clock = (instant: string, zone: string): string =>
  clockText(format(zone, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }, 'en-GB').format(new Date(instant)))
/** The same of "09:00". */
export const clockText = (time: string): string => (language.get() === 'id' ? time.replace(':', '.') : time)

/** As it was typed: "9.00", "09:00" and "9" are nine o'clock; undefined is no time. */
export function readTime(text: string): string | undefined {
  const [, hour, minute = '00'] = /^(\d{1,2})(?:[.:](\d\d))?$/.exec(text.trim()) ?? []
  return hour !== undefined && Number(hour) < 24 && Number(minute) < 60 ? `${hour.padStart(2, '0')}:${minute}` : undefined
}

/** "Selasa, 24 November 2026", or short "Sel, 24 Nov 2026". */
export const dayText = (day: Day, length: 'long' | 'short' = 'long'): string => (day === '' ? '' : format('UTC',
  { weekday: length, year: 'numeric', month: length, day: 'numeric' }).format(new Date(`${day}T00:00:00Z`)))
/** "Senin" of 1, "Minggu" of 7. */
export const weekdayText = (weekday: number): string => format('UTC', { weekday: 'long' }).format(Date.UTC(2026, 0, 4 + weekday))
/** "24 November 2026". */
export const dateText = (day: Day): string => (day === '' ? '' : format('UTC',
  { year: 'numeric', month: 'long', day: 'numeric' }).format(new Date(`${day}T00:00:00Z`)))
/** "24 Nov 2026, 09.05". */
export const momentText = (instant: string, zone: string): string =>
  `${format(zone, { year: 'numeric', month: 'short', day: 'numeric' }).format(new Date(instant))}, ${clock(instant, zone)}`

export const addDays = (day: Day, days: number): Day =>
  new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)
/** Of the first moment of a day, or of a time in it, in the prison's zone. Indonesia's zones have no summer time. */
export const instantOf = (day: Day, zone: string, time = '00:00'): string =>
  new Date(`${day}T${time}:00${OFFSETS[zone] ?? 'Z'}`).toISOString()

/** Whether a day exists: 31 June doesn't. */
export const dayExists = (day: Day): boolean => {
  const read = Date.parse(`${day}T00:00:00Z`)
  return !Number.isNaN(read) && new Date(read).toISOString().startsWith(day)
}
