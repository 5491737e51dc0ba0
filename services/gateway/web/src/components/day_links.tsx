// To the day before, today and the day after.
import { ownPrisonId, zoneOf } from '../prisons'
import { Link } from '../router'
import { addDays, dayAt } from '../time'
import { say } from '../words'

export function DayLinks({ path, day }: { path: string; day: string }) {
  const today = dayAt(Date.now(), zoneOf(ownPrisonId()))
  return (
    <p class="govuk-body page-days page-screen-only">
      <Link to={`${path}/${addDays(day, -1)}`}>{say('officer.day.before')}</Link>
      {day !== today && <Link to={`${path}/${today}`}>{say('action.today')}</Link>}
      <Link to={`${path}/${addDays(day, 1)}`}>{say('officer.day.after')}</Link>
    </p>
  )
}
