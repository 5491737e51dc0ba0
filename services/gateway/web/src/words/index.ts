// Every text that people read, Bahasa Indonesia first. Keys are typed; a role's words are loaded with its pages.
import { createStore } from '../store'
import type { id as common } from './common/id'
import type { id as officer } from './officer/id'
import type { id as counsellor } from './counsellor/id'
import type { id as coordinator } from './coordinator/id'
import type { id as notices } from './notices/id'
import type { id as admin } from './admin/id'
import type { id as inbox } from './inbox/id'
import type { id as joint } from './joint/id'
import type { id as aftercare } from './aftercare/id'

export type Language = 'id' | 'en'
export type Key = keyof typeof common | keyof typeof officer | keyof typeof counsellor | keyof typeof coordinator | keyof typeof notices | keyof typeof admin
  | keyof typeof inbox | keyof typeof joint | keyof typeof aftercare
// What an English file must have: each key of the Indonesian one.
export type Translation<T> = { readonly [K in keyof T]: string }
export type WordSet = 'common' | 'officer' | 'counsellor' | 'coordinator' | 'notices' | 'admin' | 'inbox' | 'joint' | 'aftercare'

// Made by build.mjs of the files beside this one: text is data, not script.
declare const WORD_ADDRESSES: Record<`${WordSet}-${Language}`, string>
async function read(set: WordSet, spoken: Language): Promise<Record<string, string>> {
  const answer = await fetch(WORD_ADDRESSES[`${set}-${spoken}`])
  if (!answer.ok) throw new Error(`no words: ${answer.status}`)
  return (await answer.json()) as Record<string, string>
}

// Which language is not private, and is asked for before anybody has signed in.
const KEPT = 'language'
const kept = (): Language => { try { return localStorage.getItem(KEPT) === 'en' ? 'en' : 'id' } catch { return 'id' } }
export const language = createStore<Language>(kept())
const texts: Record<string, string> = {}
const sets = new Set<WordSet>()

/** Loads a set of words in the reader's language, and from now on keeps it in step with the language. */
export async function loadWords(set: WordSet): Promise<void> {
  Object.assign(texts, await read(set, language.get()))
  sets.add(set)
}

/** Loads first and changes then, so that nothing is shown half in one language. */
export async function setLanguage(wanted: Language): Promise<void> {
  const loaded = await Promise.all([...sets].map((set) => read(set, wanted)))
  Object.assign(texts, ...loaded)
  try { localStorage.setItem(KEPT, wanted) } catch { /* a browser that keeps nothing */ }
  document.documentElement.lang = wanted
  language.set(wanted)
}

/** The text of a key with its {places} filled in; {count|session|sessions} is the first for one, else the second. */
export function say(key: Key, values: Record<string, string | number> = {}): string {
  return (texts[key] ?? key).replace(/\{(\w+)(?:\|([^|}]*)\|([^}]*))?\}/g, (whole, name: string, one?: string, many?: string) =>
    String((many === undefined ? values[name] : Number(values[name]) === 1 ? one : many) ?? whole))
}
