import type { Translation } from '..'
import type { id } from './id'

export const en: Translation<typeof id> = {
  'contact.title': 'How to reach them after release',
  'contact.edit': 'Change how to reach them',
  'contact.none': 'Not known yet. Without it they get no reminders of their appointments.',
  'contact.not_agreed': 'They don’t agree (any more) to be contacted. Nothing is sent to them.',
  'contact.email': 'E-mail address',
  'contact.phone': 'Telephone number',
  'contact.phone_hint': 'For example +62 812 3456 7890, for WhatsApp and SMS',
  'contact.first': 'By',
  'contact.second': 'If it doesn’t arrive',
  'contact.third': 'If that doesn’t either',
  'contact.no_other': 'None',
  'contact.needs_email': 'Enter an e-mail address, or choose another way',
  'contact.needs_phone': 'Enter a telephone number, or choose another way',
  'contact.twice': 'Choose another way',
  'contact.language': 'Language of messages',
  'contact.about': 'Reminders of appointments say the day, the time and the place only: no prison, and nothing of rehabilitation.',
  'contact.consent': 'Read this to them:',
  'contact.consent_save': 'Save the consent',
  'contact.agrees': 'Do they agree?',
  'contact.agrees_yes': 'Yes, they agree to be contacted',
  'contact.agrees_missing': 'How to reach them can’t be saved unless they agree',
  'contact.witness': 'Witness',
}
