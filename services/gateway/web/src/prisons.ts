// The prisons that the reader may see: their names and zones stand beside every time.
import type { ListPrisonsResponseJson, PrisonJson } from '@contracts/enrollment/v1/programme_pb'
import { callAll } from './api'
import { keep, kept } from './offline/store'
import { session } from './session'
import { createStore } from './store'
import { zoneName } from './time'

export const prisons = createStore<PrisonJson[]>([])

async function readAll(): Promise<PrisonJson[]> {
  const early = await window.opening?.prisons?.catch(() => undefined)
  delete window.opening?.prisons
  const answer = early?.ok ? ((await early.json()) as ListPrisonsResponseJson) : undefined
  return answer && !answer.nextPageToken ? (answer.prisons ?? []) : callAll('enrollment.v1.ProgrammeService/ListPrisons', {}, 'prisons')
}

/** Those that were kept, at once, and as they are now as soon as that is known; the first time one waits. */
export async function loadPrisons(): Promise<void> {
  prisons.set((await kept<PrisonJson[]>('prisons')) ?? [])
  const read = async () => {
    const all = await readAll()
    prisons.set(all)
    void keep('prisons', all)
  }
  const reading = read().catch(() => { /* No line: those that were kept stand. */ })
  if (prisons.get().length === 0) await reading
}

export const prisonOf = (id: string | undefined): PrisonJson | undefined => prisons.get().find((prison) => prison.id === id)
export const zoneOf = (id: string | undefined): string => prisonOf(id)?.timeZone ?? 'Asia/Jakarta'
export const zoneNameOf = (id: string | undefined): string => zoneName(zoneOf(id))
/** Without the places where people in aftercare are met, which have no agreements, staff or people of their own. */
export const prisonsOnly = (places: PrisonJson[]): PrisonJson[] => places.filter(({ aftercare }) => !aftercare)
/** The one prison of somebody who works in one. */
export const ownPrisonId = (): string => session.get()?.person.prisonId ?? ''
