// What the report says in the words of other pages, without their scripts: the head of a prison reads it too.
import type { MoveReasonJson } from '@contracts/enrollment/v1/enrollment_pb'
import type { ShareJson } from '@contracts/enrollment/v1/report_pb'
import { language, say } from '../../words'

export const reasonText = (reason: MoveReasonJson | undefined): string => (language.get() === 'id' ? reason?.indonesian : reason?.english) ?? ''
export const shareText = (share: ShareJson | undefined): string =>
  (!share ? '–' : share.hidden ? say('figure.hidden') : `${share.percent ?? 0}%`)
