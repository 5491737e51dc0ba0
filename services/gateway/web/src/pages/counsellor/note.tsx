// Catatan: opened to be written or read. What is signed is final; what is said later stands beside it.
import type { NoteBodyJson, NotePlaceJson, NoteTypeJson, NoteWithBodyJson } from '@contracts/notes/v1/notes_pb'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { call } from '../../api'
import { TextField } from '../../components/fields'
import { Form, useForm } from '../../components/form'
import { Loaded, useCall, type Loading } from '../../components/loaded'
import { Banner, LinkButton, Page } from '../../components/page'
import { CallError } from '../../errors'
import { address, go, guardLeaving, searchOf } from '../../router'
import { useStore } from '../../store'
import { dateText, dayOf, momentText } from '../../time'
import { newId } from '../../uuid'
import { say, type Key } from '../../words'
import { draftOf, openDraft, type Draft, type DraftHead } from './draft'
import { BreakGlass } from './glass'
import { Editor } from './note_editor'
import { noteTypeName, whenText } from './parts'
import { isGroup, useSession } from './session'

/** A read of a note is logged, so it is asked for once, not whenever something changes. */
function useNote(id: string): Loading<NoteWithBodyJson> {
  const [turn, setTurn] = useState(0)
  const [state, setState] = useState<{ data?: NoteWithBodyJson; error?: unknown }>({})
  useEffect(() => {
    setState({})
    call('notes.v1.NotesService/GetNote', { noteId: id }).then((data) => setState({ data }), (error: unknown) => setState({ error }))
  }, [id, turn])
  return { ...state, reload: async () => setTurn((before) => before + 1) }
}

function Body({ body }: { body: NoteBodyJson | undefined }) {
  return (
    <>
      <p class="counsellor-text">{body?.text}</p>
      {(body?.goals ?? []).map((goal, index) => (
        <section class="counsellor-goal" key={index}>
          <h3 class="govuk-heading-s">{say('plan.goal', { number: index + 1 })}: {goal.goal}</h3>
          {(goal.activities ?? []).length > 0 && <ul class="govuk-list govuk-list--bullet">{goal.activities!.map((activity) => <li key={activity}>{activity}</li>)}</ul>}
          {goal.dueOn && <p class="govuk-body-s">{say('plan.due')}: {dateText(dayOf(goal.dueOn))}</p>}
          {goal.progress && <p class="govuk-body">{say('plan.progress')}: {goal.progress}</p>}
        </section>
      ))}
    </>
  )
}

function Amend({ noteId, added }: { noteId: string; added: () => void }) {
  const id = useRef(newId())
  const [open, setOpen] = useState(false)
  const form = useForm({ text: '' }, {
    check: ({ text }) => (text.trim() ? [] : [{ field: 'text', text: say('note.empty') }]),
    send: async ({ text }) => {
      await call('notes.v1.NotesService/AmendNote', { id: id.current, noteId, body: { text } })
      added()
    },
  })
  // What is typed here is in this page's memory alone.
  useEffect(() => {
    guardLeaving(form.values.text.trim() && form.touched ? () => confirm(say('note.leave')) : undefined)
  }, [form.values.text, form.touched])
  if (!open) return <p class="govuk-body"><LinkButton onClick={() => setOpen(true)}>{say('note.amend')}</LinkButton></p>
  return (
    <Form form={form} submit={say('note.amend.save')}>
      <TextField form={form} name="text" rows={5} label={say('note.amend.label')} hint={say('note.amend.hint')} />
    </Form>
  )
}

function Reader({ of, reload }: { of: NoteWithBodyJson; reload: () => void }) {
  const { note, place, amendments = [] } = of
  const zone = place!.timeZone!
  const at = (instant: string | undefined) => `${momentText(instant!, zone)} ${place!.zone}`
  return (
    <>
      <Body body={of.body} />
      <p class="page-small">{say('note.signed_by', { name: place!.authorName!, when: at(note!.signedAt) })}</p>
      {amendments.length > 0 && <h2 class="govuk-heading-m">{say('note.amendments')}</h2>}
      {amendments.map((amendment) => (
        <div class="counsellor-amendment" key={amendment.id}>
          <Body body={amendment.body} />
          <p class="page-small">{amendment.authorName}, {at(amendment.createdAt)}</p>
        </div>
      ))}
      {of.basis !== 'READING_BASIS_BREAK_GLASS' && <Amend noteId={note!.id!} added={reload} key={amendments.length} />}
      <p class="page-small">{say(`note.basis.${(of.basis ?? '').slice('READING_BASIS_'.length)}` as Key)} {say('note.logged')}</p>
    </>
  )
}

const caption = (place: NotePlaceJson | undefined) => [place?.participantName, place?.registerNumber, place?.prisonName].filter(Boolean).join(' · ')

export function Note({ note: id }: Record<string, string>) {
  const here = useStore(address)
  // One comes back to what one is writing, whatever the server has of it.
  const [draft, setDraft] = useState<Draft | undefined>(() => draftOf(id!))
  return draft
    ? <Writing draft={draft} back="/counsellor/schedule" onSigned={() => setDraft(undefined)} />
    : <Opened id={id!} person={searchOf(here).get('person') ?? ''} write={setDraft} />
}

function Opened({ id, person, write }: { id: string; person: string; write: (draft: Draft) => void }) {
  const loading = useNote(id)
  const [amended, setAmended] = useState(false)
  const of = loading.data
  useEffect(() => {
    if (!of || of.note!.signedAt) return
    const { type, enrollmentId, groupNoteId, sessionId, occurredAt, reviewOn } = of.note!
    const head = { id, type: type!, occurredAt: occurredAt!, ...given({ enrollmentId, groupNoteId, sessionId, reviewOn }) }
    write(openDraft(head, of.body ?? {}, of.revision!, of.place))
  }, [of])
  const notYours = loading.error instanceof CallError && loading.error.reason === 'NOTE_BODY_NOT_YOURS'
  return (
    <Page title={say('note.title')} back={person ? `/counsellor/people/${person}` : '/counsellor/schedule'}
      {...(of ? { heading: noteTypeName(of.note!.type), caption: caption(of.place) } : {})}>
      {amended && <Banner kind="success" heading={say('note.amended')} />}
      {notYours
        ? person ? <BreakGlass participantId={person} text={say('glass.text')} opened={loading.reload} /> : <p class="govuk-body">{loading.error instanceof CallError && loading.error.message}</p>
        : <Loaded of={loading}>{(read) => (read.note!.signedAt ? <Reader of={read} reload={() => { setAmended(true); loading.reload() }} /> : null)}</Loaded>}
    </Page>
  )
}

const given = <T extends object>(values: T): T => Object.fromEntries(Object.entries(values).filter(([, value]) => value)) as T

interface WritingProps {
  draft: Draft
  heading?: string
  hint?: string | undefined
  back: string
  onSigned: () => void
}
function Writing({ draft, heading, hint, back, onSigned }: WritingProps) {
  const { at } = useStore(draft.state)
  // From its first save on the note has an address of its own: a reload comes back to it.
  useLayoutEffect(() => {
    if (draft.revision > 0) history.replaceState(history.state, '', `/counsellor/notes/${draft.head.id}`)
  }, [at])
  return (
    <Page title={say('note.title')} heading={noteTypeName(draft.head.type)} caption={heading ?? caption(draft.place)} back={back}>
      <Editor draft={draft} hint={hint} onSigned={onSigned} />
    </Page>
  )
}

/** A draft that begins, in the place of one that was begun here before. */
function useNewDraft(head: Omit<DraftHead, 'id'> | undefined, place?: NotePlaceJson): Draft | undefined {
  const [draft, setDraft] = useState<Draft>()
  useEffect(() => { if (head && !draft) setDraft(openDraft({ id: newId(), ...head }, {}, 0, place)) }, [head === undefined])
  return draft
}

/** Of a session: of one who was expected, or "shared" for what concerns all. */
export function SessionNote({ session: id, enrollment }: Record<string, string>) {
  const loading = useSession(id!)
  const shared = enrollment === 'shared'
  const { session, people = [], groupNoteId } = loading.data ?? {}
  const person = people.find(({ enrollmentId }) => enrollmentId === enrollment)
  const noteId = shared ? groupNoteId : person?.noteId
  const group = isGroup(session?.component)
  const draft = useNewDraft(session && !noteId && (shared || person)
    ? {
      type: group ? 'NOTE_TYPE_GROUP_SESSION' : 'NOTE_TYPE_INDIVIDUAL_SESSION', sessionId: id!, occurredAt: session.startsAt!,
      ...(shared ? {} : { enrollmentId: enrollment!, ...given({ groupNoteId }) }),
    }
    : undefined, { participantName: person?.name ?? '', registerNumber: person?.registerNumber ?? '', prisonName: session?.prisonName ?? '' })
  useEffect(() => { if (noteId && !draft) go(`/counsellor/notes/${noteId}`, 'replace') }, [noteId, draft])
  const back = `/counsellor/sessions/${id}`
  if (!draft || !session) return <Page title={say('note.title')} back={back}><Loaded of={loading}>{() => null}</Loaded></Page>
  const heading = `${shared ? say('session.shared_note') : person?.name ?? ''} · ${whenText(session)}`
  return (
    <Writing draft={draft} heading={heading} back={back} hint={shared ? say('note.shared.hint') : undefined}
      onSigned={() => go(`/counsellor/notes/${draft.head.id}`, 'replace')} />
  )
}

export const NEW_TYPES: NoteTypeJson[] = ['NOTE_TYPE_ASSESSMENT', 'NOTE_TYPE_PLAN', 'NOTE_TYPE_PLAN_REVIEW', 'NOTE_TYPE_INCIDENT',
  'NOTE_TYPE_AFTERCARE_CONTACT', 'NOTE_TYPE_END_REPORT']

// A clock that is a little ahead would put it into the future.
const NOW_MS = 5 * 60_000

/** Outside of any session. */
export function CaseNote({ person, enrollment, type }: Record<string, string>) {
  const known = NEW_TYPES.find((name) => name === `NOTE_TYPE_${type}`)
  const loading = useCall('notes.v1.CounsellorService/GetPersonInCare', { participantId: person! })
  const { name = '', registerNumber = '', prisonName = '' } = loading.data ?? {}
  const draft = useNewDraft(known && loading.data
    ? { type: known, enrollmentId: enrollment!, occurredAt: new Date(Date.now() - NOW_MS).toISOString() }
    : undefined, { participantName: name, registerNumber, prisonName })
  const back = `/counsellor/people/${person}`
  if (!draft) return <Page title={say('note.title')} back={back}><Loaded of={loading}>{() => null}</Loaded></Page>
  return <Writing draft={draft} back={back} onSigned={() => go(`/counsellor/notes/${draft.head.id}?person=${person}`, 'replace')} />
}
