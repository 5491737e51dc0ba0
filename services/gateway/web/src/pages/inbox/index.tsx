// What every person has, whatever their role: what they were told, and how they want to be told.
import '../../shared'

export { Inbox } from './inbox'
export { Preferences } from './preferences'
