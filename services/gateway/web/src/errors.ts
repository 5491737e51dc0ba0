// What went wrong, in the reader's language: programs branch on `reason`, people read its text (common/base/errors.def).
import { language } from './words'

declare const REASON_ADDRESSES: Record<'id' | 'en', string>

export interface Violation {
  // Path in the request as JSON names it: "person.birthDate".
  field: string
  text: string
}

// Connect's codes after which the same request may be sent again at once.
const PASSING = ['unavailable', 'deadline_exceeded', 'aborted']

export class CallError extends Error {
  constructor(
    readonly code: string,
    readonly reason: string,
    message: string,
    readonly details: Record<string, string> = {},
    readonly violations: Violation[] = [],
  ) {
    super(message)
  }

  /** It may well work when sent again; the outcome of this attempt isn't known. */
  get passing(): boolean {
    return PASSING.includes(this.code) && this.reason !== 'VERSION_CHANGED' && this.reason !== 'NOTE_REVISION_CHANGED'
  }

  /** It never got there: no line. */
  get offline(): boolean {
    return this.reason === 'LINE_DOWN'
  }
}

export function lineError(): CallError {
  return new CallError('unavailable', 'LINE_DOWN', '')
}

// pulih.rpc.v1.Status, as the gateway puts it into Connect's error details.
interface StatusJson {
  reason?: string
  violations?: { field?: string; description?: string }[]
  details?: { name?: string; value?: string }[]
}

const camel = (path: string) => path.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())

/** Of an answer that isn't 200: Connect's error body, or whatever else stood in the way. */
export async function readError(answer: globalThis.Response): Promise<CallError> {
  const body = (await answer.json().catch(() => ({}))) as { code?: string; message?: string; details?: { debug?: StatusJson }[] }
  const code = body.code ?? (answer.status === 401 ? 'unauthenticated' : answer.status >= 500 ? 'unavailable' : 'unknown')
  const status = body.details?.find(({ debug }) => debug?.reason)?.debug ?? {}
  const reason = status.reason ?? ''
  const details = Object.fromEntries((status.details ?? []).map(({ name = '', value = '' }) => [name, value]))
  const wrong = status.violations ?? []
  const texts = await loadReasons()
  const fill = (text: string) => text.replace(/\{(\w+)\}/g, (whole, name: string) => details[name] ?? whole)
  const own = texts[reason]
  const message = own ? fill(own) : (body.message ?? '')
  // One wrong field under a reason of its own is that reason's text; several have texts of their own.
  const violations = wrong.map(({ field = '', description = '' }) => ({
    field: camel(field),
    text: wrong.length === 1 && own && reason !== 'FIELD_INVALID' ? message : description,
  }))
  return new CallError(code, reason, message, details, violations)
}

/** A reason's words, where it came without an answer: in an address. */
export const textOfReason = async (reason: string): Promise<string> => (await loadReasons())[reason] ?? reason

const loaded: Partial<Record<'id' | 'en', Record<string, string>>> = {}
async function loadReasons(): Promise<Record<string, string>> {
  const wanted = language.get()
  try {
    loaded[wanted] ??= (await (await fetch(REASON_ADDRESSES[wanted])).json()) as Record<string, string>
  } catch {
    return {}
  }
  return loaded[wanted]!
}
