// Small parts of a counsellor's pages.
import type { MySessionJson } from '@contracts/notes/v1/counsellor_pb'
import type { NoteTypeJson } from '@contracts/notes/v1/notes_pb'
import { useEffect, useState } from 'preact/hooks'
import { Banner, Tag, type Tone } from '../../components/page'
import { cancelName } from '../../names'
import { clock, dayAt, dayText } from '../../time'
import { say, type Key } from '../../words'

export const noteTypeName = (type: NoteTypeJson | undefined): string =>
  say(`note.type.${(type ?? 'NOTE_TYPE_UNSPECIFIED').slice('NOTE_TYPE_'.length)}` as Key)

/** "09.00–10.30 WITA" */
export const timeSpan = ({ startsAt, endsAt, timeZone, zone }: MySessionJson): string =>
  `${clock(startsAt!, timeZone!)}–${clock(endsAt!, timeZone!)}\u00a0${zone ?? ''}`

export const SessionTime = ({ session }: { session: MySessionJson }) => <span class="counsellor-time">{timeSpan(session)} </span>

export const whenText = (session: MySessionJson): string =>
  `${dayText(dayAt(session.startsAt!, session.timeZone!), 'short')}, ${timeSpan(session)}`

/** What is to be known of a session's state; nothing where all is as planned. "Not recorded" is not "absent". */
export function SessionTags({ session }: { session: MySessionJson }) {
  const over = Date.parse(session.endsAt!) <= Date.now()
  const tags: [Tone, string][] = []
  if (session.status === 'SESSION_STATUS_CANCELLED') tags.push(['red', say('counsellor.cancelled', { reason: cancelName(session.cancelReason) })])
  else if (session.notHeld) tags.push(['grey', say('counsellor.not_held')])
  else if (over) {
    if (session.unmarkedCount) tags.push(['yellow', say('counsellor.unmarked', { count: session.unmarkedCount })])
    if (session.noteState === 'NOTE_STATE_DRAFT') tags.push(['blue', say('counsellor.draft')])
    else if (session.noteState === 'NOTE_STATE_SIGNED') tags.push(['green', say('counsellor.signed')])
    else if (session.participantCount && /COUNSELLING/.test(session.component ?? '')) tags.push(['yellow', say('counsellor.no_note')])
  }
  if (tags.length === 0) return null
  return <p class="counsellor-tags">{tags.map(([tone, text]) => <Tag tone={tone} key={text}>{text}</Tag>)}</p>
}

/** One who is or was expected: "Agus Salim · B.I 204/2026". */
export const personLine = ({ registerNumber, block }: { registerNumber?: string; block?: string }): string =>
  [registerNumber, block && say('counsellor.block', { block })].filter(Boolean).join(' · ')

// What the page before has done, said once on the next.
let said: string | undefined
export const sayNext = (text: string): void => { said = text }

export function Said() {
  const [text] = useState(said)
  useEffect(() => { said = undefined }, [])
  return text ? <Banner kind="success" heading={text} /> : null
}
