// The rules by which notices go: what they are called, when they are due, for whom.
import type { AudienceJson, OccasionJson, RuleJson, RuleTimesJson } from '@contracts/notifications/v1/notifications_pb'
import type { TemplateJson } from '@contracts/notifications/v1/templates_pb'
import { Loaded, useCall } from '../../components/loaded'
import { ButtonLink, Table, Tag } from '../../components/page'
import { Link } from '../../router'
import { addDays, clockText, dayText } from '../../time'
import { say, type Key } from '../../words'

export type TimeName = keyof RuleTimesJson
/** Which times a rule has. A reminder before a session is so many minutes before, or days before at a time of day. */
export const timesOf = (occasion: OccasionJson | undefined, byDay: boolean): TimeName[] => {
  switch (occasion) {
    case 'OCCASION_SESSION_UPCOMING': return byDay ? ['daysBefore', 'atTime'] : ['leadMinutes']
    case 'OCCASION_DAY_ROSTER':
    case 'OCCASION_ATTENDANCE_UNMARKED': return ['atTime']
    case 'OCCASION_CASES_WAITING': return ['waitingDays', 'atTime']
    case 'OCCASION_AGREEMENT_EXPIRING': return ['daysBefore', 'atTime']
    case 'OCCASION_WEEK_DIGEST': return ['weekday', 'atTime']
    case 'OCCASION_SESSIONS_MISSED': return ['missedSessions', 'atTime']
    default: return []
  }
}

const named = (key: string, otherwise: string) => { const text = say(key as Key); return text === key ? otherwise : text }
/** What a rule's own maker called it, or what we call those that we bring. */
export const ruleName = ({ key = '', name }: RuleJson): string => name || named(`rule.${key}`, key)
export const occasionName = (occasion: OccasionJson | undefined): string => say(`occasion.${(occasion ?? '').slice('OCCASION_'.length)}` as Key)
/** What a template is about; participants are spoken to in other words. */
export const templateName = ({ key = '', occasion }: TemplateJson): string =>
  (key.startsWith('AFTERCARE_') ? say('template.aftercare', { about: occasionName(occasion) }) : occasionName(occasion))
export const audienceName = (audience: AudienceJson): string => {
  const who = audience.slice('AUDIENCE_'.length)
  return who === 'AFTERCARE' ? say('audience.AFTERCARE') : say(`role.${who}` as Key)
}
export const channelName = (channel: string | undefined): string => (channel ? say(`channel.${channel.slice('CHANNEL_'.length)}` as Key) : '')
// A Sunday comes before weekday 1.
export const weekdayName = (weekday: number): string => dayText(addDays('2026-01-04', weekday)).split(',')[0]!

/** Names of rules by key, for lists of what they planned. */
export function useRuleNames(): (key: string | undefined) => string {
  const { data } = useCall('notifications.v1.NotificationsService/ListRules', {}, { live: ['notifications.rule'] })
  const names = new Map(data?.rules?.map((rule) => [rule.key, ruleName(rule)]))
  return (key = '') => names.get(key) ?? named(`rule.${key}`, key)
}

/** "1 hari sebelumnya, 18.00". */
function timesText({ occasion, times = {} }: RuleJson): string {
  const { leadMinutes, daysBefore = 0, waitingDays, weekday, missedSessions, atTime } = times
  const has = timesOf(occasion, Boolean(atTime))
  return [
    leadMinutes && say('rule.lead', { count: leadMinutes }), has.includes('daysBefore') && say('agreement.days_before', { count: daysBefore }),
    waitingDays && say('rule.waiting', { count: waitingDays }), weekday && weekdayName(weekday), missedSessions && say('rule.missed', { count: missedSessions }),
    atTime && clockText(atTime),
  ].filter(Boolean).join(', ') || say('rule.at_once')
}

export function Rules() {
  const rules = useCall('notifications.v1.NotificationsService/ListRules', {}, { live: ['notifications.rule'] })
  return (
    <Loaded of={rules}>
      {({ rules: rows = [] }) => (
        <>
          <ButtonLink kind="secondary" to="/coordinator/notices/rules/new">{say('rule.new')}</ButtonLink>
          <Table caption={say('notices.rules')} hideCaption head={[{ text: say('rule.title') }, { text: say('rule.when') }, { text: say('rule.audience') }, { text: say('notices.state') }]}
            rows={rows.map((rule) => [
              <><Link to={`/coordinator/notices/rules/${rule.key}`}>{ruleName(rule)}</Link>{rule.name && <span class="page-small">{occasionName(rule.occasion)}</span>}</>, timesText(rule),
              rule.audiences?.map(audienceName).join(', '),
              <Tag tone={rule.enabled ? 'green' : 'grey'}>{say(rule.enabled ? 'rule.on' : 'rule.off')}</Tag>,
            ])} />
        </>
      )}
    </Loaded>
  )
}
