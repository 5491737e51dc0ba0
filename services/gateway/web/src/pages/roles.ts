// Whose pages a section has. In the order in which the start page is chosen for somebody with
// several roles. Apart from sections.ts for opening.ts, which knows no page.
import type { RoleJson } from '@contracts/options_pb'
import type { WordSet } from '../words'

export type SectionName = 'officer' | 'coordinator' | 'counsellor' | 'admin'

export const SECTION_ROLES: Record<SectionName, { roles: RoleJson[]; words: WordSet[] }> = {
  officer: { roles: ['ROLE_OFFICER', 'ROLE_PRISON_HEAD'], words: ['officer'] },
  coordinator: { roles: ['ROLE_COORDINATOR'], words: ['coordinator', 'notices', 'joint', 'aftercare'] },
  counsellor: { roles: ['ROLE_COUNSELLOR', 'ROLE_CLINICAL_SUPERVISOR'], words: ['counsellor', 'joint', 'aftercare'] },
  admin: { roles: ['ROLE_ADMIN', 'ROLE_AUDITOR'], words: ['admin', 'notices'] },
}

/** Those of somebody with these roles. */
export const sectionsOf = (roles: RoleJson[] = []): SectionName[] =>
  (Object.keys(SECTION_ROLES) as SectionName[]).filter((name) => SECTION_ROLES[name].roles.some((role) => roles.includes(role)))
