// A section is the pages of a role, loaded with its words when somebody with that role has signed in.
import type { NavigationItem } from '../components/shell'
import type { Route } from '../router'
import { restOfStyles } from '../styles'
import { loadWords } from '../words'
import { SECTION_ROLES, type SectionName } from './roles'

export interface Section {
  // Where one starts.
  start: string
  navigation: NavigationItem[]
  routes: Route[]
}

const SCRIPTS: Record<SectionName, () => Promise<{ section: Section }>> = {
  officer: () => import('./officer'),
  coordinator: () => import('./coordinator'),
  counsellor: () => import('./counsellor'),
  admin: () => import('./admin'),
}

export async function loadSection(name: SectionName): Promise<Section> {
  const styles = name === 'officer' ? [] : [restOfStyles()]
  const [{ section }] = await Promise.all([SCRIPTS[name](), ...SECTION_ROLES[name].words.map(loadWords), ...styles])
  return section
}
