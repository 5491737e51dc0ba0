// A draft that is being written. It lives in this page's memory and at the server, never in the browser's storage: a phone
// can be lost. Whatever was typed is sent a moment later, again and again until the server has it; leaving for another
// page of ours loses nothing, and the browser asks before it closes the last copy.
import type { NoteBodyJson, NotePlaceJson, NoteTypeJson, NoteWithBodyJson, SaveDraftRequestJson } from '@contracts/notes/v1/notes_pb'
import { call } from '../../api'
import { CallError } from '../../errors'
import { line } from '../../line'
import { ended, session } from '../../session'
import { createStore, type Store } from '../../store'

const QUIET_MS = 1500
const AGAIN_MS = 5000

export interface DraftHead {
  id: string
  type: NoteTypeJson
  enrollmentId?: string
  groupNoteId?: string
  sessionId?: string
  occurredAt: string
  reviewOn?: SaveDraftRequestJson['reviewOn']
}

/** What another device has made of it meanwhile. */
export interface Other {
  body: NoteBodyJson
  revision: number
  // It is signed: what stands here can only become an amendment.
  signed: boolean
}

export interface DraftState {
  body: NoteBodyJson
  // saved: the server has all of it. typing, sending: it will soon. waiting: no line, or signed out. conflict: two devices
  // wrote; a person decides. refused: the server won't have it, and says why.
  at: 'saved' | 'typing' | 'sending' | 'waiting' | 'conflict' | 'refused'
  savedAt?: number
  other?: Other
  error?: CallError
}

const sameBody = (one: NoteBodyJson, two: NoteBodyJson) => JSON.stringify(told(one)) === JSON.stringify(told(two))
// As the server gives it back: without what is empty.
const told = ({ text, goals }: NoteBodyJson) => [text ?? '', (goals ?? []).map(({ goal, activities, dueOn, progress }) =>
  [goal ?? '', activities ?? [], dueOn?.year ?? 0, dueOn?.month ?? 0, dueOn?.day ?? 0, progress ?? ''])]

export class Draft {
  readonly state: Store<DraftState>
  private timer: ReturnType<typeof setTimeout> | undefined
  // A save whose outcome isn't known is sent again as it was: the same revision with other words would be a conflict with oneself.
  private pending: SaveDraftRequestJson | undefined
  private sending: Promise<void> | undefined

  constructor(public head: DraftHead, body: NoteBodyJson, public revision: number, readonly place?: NotePlaceJson) {
    this.state = createStore<DraftState>({ body, at: 'saved' })
  }

  get unsaved(): boolean {
    return this.state.get().at !== 'saved'
  }

  write(body: NoteBodyJson): void {
    const { at } = this.state.get()
    this.set({ body, at: at === 'conflict' ? 'conflict' : 'typing' })
    if (at !== 'conflict') this.soon(QUIET_MS)
  }

  /** Sends what isn't sent; when it is done the server has all of it, or `state` says why not. */
  save(): Promise<void> {
    clearTimeout(this.timer)
    this.sending ??= this.send().finally(() => { this.sending = undefined })
    return this.sending
  }

  /** Another day to look at a plan again. */
  reviewOn(day: DraftHead['reviewOn']): void {
    this.head = { ...this.head, reviewOn: day }
    this.write({ ...this.state.get().body })
  }

  /** Somebody says that another revision is the newest: reads that one, for a person to decide. */
  compare(): Promise<void> {
    return this.meet('', { body: this.state.get().body })
  }

  /** After a conflict: this is how it shall be. */
  settle(body: NoteBodyJson): Promise<void> {
    const { other } = this.state.get()
    this.revision = other?.revision ?? this.revision
    const same = other !== undefined && sameBody(body, other.body)
    this.state.set({ body, at: same ? 'saved' : 'typing', ...(same ? { savedAt: Date.now() } : {}) })
    return same ? Promise.resolve() : this.save()
  }

  private set(change: Partial<DraftState>): void {
    this.state.set({ ...this.state.get(), ...change })
  }

  private soon(ms: number): void {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => void this.save(), ms)
  }

  private async send(): Promise<void> {
    const { at, body } = this.state.get()
    if ((at === 'saved' || at === 'conflict') && !this.pending) return
    this.pending ??= { ...this.head, body, revision: this.revision + 1 }
    const sent = this.pending
    // Trying again isn't yet good news.
    if (at !== 'waiting') this.set({ at: 'sending' })
    try {
      await call('notes.v1.NotesService/SaveDraft', sent)
    } catch (error) {
      return this.failed(error, sent)
    }
    this.pending = undefined
    this.revision = sent.revision!
    if (!sameBody(this.state.get().body, sent.body!)) return this.send()
    this.state.set({ body: this.state.get().body, at: 'saved', savedAt: Date.now() })
  }

  private async failed(error: unknown, sent: SaveDraftRequestJson): Promise<void> {
    if (!(error instanceof CallError)) throw error
    if (['NOTE_REVISION_CHANGED', 'NOTE_SIGNED_IS_FINAL', 'NOTE_DRAFT_EXISTS'].includes(error.reason)) {
      return this.meet(error.reason, sent).catch(() => {
        this.set({ at: 'waiting' })
        this.soon(AGAIN_MS)
      })
    }
    if (error.passing || error.code === 'unauthenticated' || error.code === 'resource_exhausted') {
      this.set({ at: 'waiting' })
      // Whoever has to sign in again does so in front of this page, which then goes on by itself.
      if (error.code !== 'unauthenticated') this.soon(AGAIN_MS)
      return
    }
    this.pending = undefined
    this.set({ at: 'refused', error })
  }

  /** Reads what stands at the server in this one's place. */
  private async meet(reason: string, sent: SaveDraftRequestJson): Promise<void> {
    if (reason === 'NOTE_DRAFT_EXISTS') this.head = { ...this.head, id: await existing(this.head) }
    const other: NoteWithBodyJson = await call('notes.v1.NotesService/GetNote', { noteId: this.head.id })
    this.pending = undefined
    const signed = Boolean(other.note?.signedAt)
    const body = other.body ?? {}
    // Our own save, whose answer was lost.
    if (!signed && sameBody(body, sent.body!)) {
      this.revision = other.revision!
      this.set({ at: sameBody(this.state.get().body, body) ? 'saved' : 'typing', savedAt: Date.now() })
      return this.send()
    }
    this.set({ at: 'conflict', other: { body, revision: other.revision ?? 0, signed } })
  }
}

async function existing({ sessionId, enrollmentId, type }: DraftHead): Promise<string> {
  const { notes = [] } = await call('notes.v1.NotesService/ListNotes', { ...(sessionId ? { sessionId } : {}), draftsOnly: true })
  return notes.find((note) => note.type === type && (note.enrollmentId ?? '') === (enrollmentId ?? ''))!.id!
}

// Those being written, so that one comes back to the words one left.
const drafts = new Map<string, Draft>()
export const draftOf = (id: string): Draft | undefined => drafts.get(id)
export const unsavedDrafts = (): Draft[] => [...drafts.values()].filter((draft) => draft.unsaved)

export function openDraft(head: DraftHead, body: NoteBodyJson, revision: number, place?: NotePlaceJson): Draft {
  const draft = new Draft(head, body, revision, place)
  drafts.set(head.id, draft)
  return draft
}
export const closeDraft = (draft: Draft): void => {
  for (const [id, other] of drafts) if (other === draft) drafts.delete(id)
}

// Nobody else reads on: another person at this page finds nothing.
let owner = session.get()?.person.id
session.watch((now) => {
  if (now?.person.id === owner) return
  owner = now?.person.id
  drafts.clear()
})
const saveAll = () => { for (const draft of unsavedDrafts()) void draft.save() }
line.watch((now) => { if (now === 'up') saveAll() })
ended.watch((over) => { if (!over) saveAll() })
// The phone is put away: what was typed goes now.
addEventListener('visibilitychange', () => { if (document.visibilityState === 'hidden') saveAll() })
addEventListener('beforeunload', (event) => {
  if (unsavedDrafts().length > 0) event.preventDefault()
})
