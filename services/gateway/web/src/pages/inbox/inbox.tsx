// Pemberitahuan: what one was told, newest first, and that one has read it.
import type { NoticeJson } from '@contracts/notifications/v1/inbox_pb'
import { ownZone, zonedText } from '../../ago'
import { call } from '../../api'
import { Action } from '../../components/action'
import { Loaded } from '../../components/loaded'
import { Tabs, useFilter, usePaged } from '../../components/paged'
import { Banner, Page, Tag } from '../../components/page'
import { ownPrisonId, prisonOf, zoneOf } from '../../prisons'
import { Link } from '../../router'
import { hasRole } from '../../session'
import { dayOf } from '../../time'
import { say } from '../../words'

/** The page that shows what a notice is about, for who reads it; nothing when they have none. */
function aboutPath({ occasion = 'OCCASION_UNSPECIFIED', subjectId, day }: NoticeJson): string | undefined {
  const prison = hasRole('ROLE_OFFICER', 'ROLE_PRISON_HEAD')
  const coordinator = hasRole('ROLE_COORDINATOR')
  switch (occasion) {
    case 'OCCASION_SESSION_UPCOMING':
    case 'OCCASION_SESSION_CHANGED':
    case 'OCCASION_SESSION_CANCELLED': {
      const section = prison ? 'officer' : coordinator ? 'coordinator' : hasRole('ROLE_COUNSELLOR') ? 'counsellor' : undefined
      return section && `/${section}/sessions/${subjectId}`
    }
    case 'OCCASION_DAY_ROSTER': return prison ? `/officer/call-sheet/${dayOf(day)}` : undefined
    case 'OCCASION_ATTENDANCE_UNMARKED': return prison ? '/officer/sessions' : undefined
    case 'OCCASION_CASES_WAITING': return coordinator ? '/coordinator/cases' : undefined
    case 'OCCASION_AGREEMENT_EXPIRING': return coordinator ? `/coordinator/agreements/${subjectId}` : undefined
    default: return undefined
  }
}

const read = (request: { ids?: string[]; upToId?: string }) => call('notifications.v1.InboxService/MarkNoticesRead', request)

function NoticeItem({ notice, reload }: { notice: NoticeJson; reload: () => void }) {
  const path = aboutPath(notice)
  const seen = () => { if (!notice.readAt) void read({ ids: [notice.id!] }).catch(() => {}) }
  return (
    <li class={`notice${notice.readAt ? '' : ' notice--unread'}`}>
      <h2 class="govuk-heading-s notice__subject">
        {!notice.readAt && <><Tag tone="blue">{say('inbox.new')}</Tag> </>}{notice.subject}
      </h2>
      <p class="page-small">
        {zonedText(notice.shownAt, ownPrisonId() ? zoneOf(ownPrisonId()) : ownZone())}
        {notice.prisonId && !ownPrisonId() && ` · ${prisonOf(notice.prisonId)?.name}`}
      </p>
      <p class="govuk-body notice__body">{notice.body?.trim()}</p>
      <div class="notice__actions">
        {/* Following the way to it is reading it. */}
        {path && <span onClick={seen}><Link to={path}>{say('action.open')}<span class="govuk-visually-hidden"> {notice.subject}</span></Link></span>}
        {!notice.readAt && <Action kind="secondary" text={say('inbox.read')} act={() => read({ ids: [notice.id!] }).then(reload)} />}
      </div>
    </li>
  )
}

export function Inbox() {
  const [filter, having] = useFilter()
  const unread = filter.get('show') === 'unread'
  const list = usePaged('notifications.v1.InboxService/ListMyNotices', { unread, pageSize: 20 }, ['notifications.notice_'])
  return (
    <Page title={say('app.notices')} back="/">
      {filter.get('done') && <Banner kind="success" heading={say('preferences.saved')} />}
      <p class="govuk-body"><Link to="/notices/preferences">{say('preferences.title')}</Link></p>
      <Tabs label={say('app.notices')} tabs={[
        { to: having('show', ''), text: say('inbox.all'), current: !unread },
        { to: having('show', 'unread'), text: say('inbox.unread'), current: unread },
      ]} />
      <Loaded of={list}>
        {({ notices = [] }) => (notices.length === 0 ? <p class="govuk-body">{say(unread ? 'inbox.none_unread' : 'inbox.none')}</p> : (
          <>
            {/* Up to what is shown: one that comes in this moment isn't read unseen. */}
            {notices.some((notice) => !notice.readAt) && <Action kind="secondary" text={say('inbox.read_all')} act={() => read({ upToId: notices[0]!.id! }).then(list.reload)} />}
            <ul class="govuk-list notices">{notices.map((notice) => <NoticeItem notice={notice} reload={list.reload} key={notice.id} />)}</ul>
          </>
        ))}
      </Loaded>
      {list.paging}
    </Page>
  )
}
