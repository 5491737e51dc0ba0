// Audit: sign-ins and changes of access, and who read counselling notes.
import type { AccessEntryJson, AccessEntryKindJson } from '@contracts/identity/v1/access_log_pb'
import { zonedText } from '../../ago'
import { Loaded } from '../../components/loaded'
import { FilterPick, Tabs, useFilter, usePaged } from '../../components/paged'
import { Page, Table } from '../../components/page'
import { prisonOf } from '../../prisons'
import { Link } from '../../router'
import { say, type Key } from '../../words'

const KINDS = ['PERSON_ADDED', 'PERSON_CHANGED', 'PASSWORD_SET', 'PASSWORD_CHOSEN', 'SIGNED_IN', 'SIGN_IN_REFUSED', 'SIGNED_OUT', 'KEY_ADDED', 'KEY_REVOKED',
  'TOTP_SETUP_STARTED', 'TOTP_CONFIRMED', 'TOTP_RESET', 'RECOVERY_CODE_USED'] as const
export const kindName = (kind: AccessEntryKindJson | undefined): string => {
  const key = `audit.kind.${kind?.slice('ACCESS_ENTRY_KIND_'.length)}` as Key
  const text = say(key)
  return text === key ? kind ?? '' : text
}

/** What the entry tells beside: roles and status as words, the rest as it stands. */
function detailText({ detail = '{}' }: AccessEntryJson): string {
  const { roles, status, prison_id: prisonId, source, name, ...rest } = JSON.parse(detail) as Record<string, unknown>
  return [
    Array.isArray(roles) && (roles.map((role) => say(`role.${role}` as Key)).join(', ') || say('audit.no_role')), status === 'DISABLED' && say('people.disabled'),
    prisonId && prisonOf(String(prisonId))?.name, source && say('audit.from', { source: String(source) }), name, ...Object.values(rest),
  ].filter(Boolean).map(String).join(' · ')
}

export function Audit() {
  const [filter, having] = useFilter()
  const notes = filter.get('tab') === 'notes'
  return (
    <Page title={say('audit.title')} wide>
      <Tabs label={say('audit.title')} tabs={[
        { to: having('tab', ''), text: say('audit.access'), current: !notes }, { to: having('tab', 'notes'), text: say('audit.notes'), current: notes },
      ]} />
      {notes ? <NoteReads /> : <AccessEntries />}
    </Page>
  )
}

function AccessEntries() {
  const [filter] = useFilter()
  const kind = KINDS.find((name) => name === filter.get('kind'))
  const list = usePaged('identity.v1.IdentityService/ListAccessEntries', kind ? { kind: `ACCESS_ENTRY_KIND_${kind}` } : {})
  return (
    <>
      <FilterPick name="kind" label={say('audit.what')} all={say('filter.all')} options={KINDS.map((name) => [name, say(`audit.kind.${name}`)])} />
      <Loaded of={list}>
        {({ entries = [] }) => (entries.length === 0 ? <p class="govuk-body">{say('audit.none')}</p> : (
          <Table caption={say('audit.access')} hideCaption head={[{ text: say('audit.when') }, { text: say('audit.what') }, { text: say('audit.whom') }, { text: say('audit.by') }, { text: say('audit.more') }]}
            rows={entries.map((entry) => [
              zonedText(entry.occurredAt), kindName(entry.kind),
              entry.personId ? <Link to={`/admin/people/${entry.personId}`}>{entry.personName}</Link> : say('audit.a_key'), entry.actorName || '–', detailText(entry),
            ])} />
        ))}
      </Loaded>
      {list.paging}
    </>
  )
}

function NoteReads() {
  const list = usePaged('notes.v1.NotesService/ListNoteReads', {})
  return (
    <>
      <p class="govuk-body">{say('audit.notes_about')}</p>
      <Loaded of={list}>
        {({ reads = [] }) => (reads.length === 0 ? <p class="govuk-body">{say('audit.no_reads')}</p> : (
          <Table caption={say('audit.notes')} hideCaption head={[{ text: say('audit.when') }, { text: say('audit.by') }, { text: say('audit.basis') }, { text: say('people.place') }, { text: say('audit.note') }]}
            rows={reads.map((read) => [
              zonedText(read.happenedAt), read.actorName || '–', say(`audit.basis.${(read.basis ?? '').slice('READING_BASIS_'.length)}` as Key),
              prisonOf(read.prisonId)?.name ?? '–', <span class="page-secret">{read.noteId?.slice(-12)}</span>,
            ])} />
        ))}
      </Loaded>
      {list.paging}
    </>
  )
}
