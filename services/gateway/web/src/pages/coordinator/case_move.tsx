// One move of a case: why, by whom, with what comment.
import type { EnrollmentStatusJson } from '@contracts/enrollment/v1/enrollment_pb'
import { call, callAll } from '../../api'
import type { Request } from '../../contracts'
import { ChangedMeanwhile, useEdit } from '../../components/edit'
import { Radios, Select, TextField } from '../../components/fields'
import { Form, type Wrong } from '../../components/form'
import { Loaded, useLoading } from '../../components/loaded'
import { Inset, Page } from '../../components/page'
import { statusName } from '../../names'
import { Missing } from '../missing'
import { language, say, type Key } from '../../words'
import { readCase, type WholeCase } from './case'
import { moveOf, movesFrom, type Move, type MoveName } from './case_moves'
import { reasonText } from './texts'

const readAll = (id: string) => Promise.all([
  readCase(id),
  call('enrollment.v1.EnrollmentService/ListMoveReasons', {}),
  callAll('identity.v1.IdentityService/ListPeople', { role: 'ROLE_COUNSELLOR', status: 'PERSON_STATUS_ACTIVE' }, 'people'),
])

export function CaseMove({ case: id = '', move: name = '' }: Record<string, string>) {
  const read = useLoading(`move ${id}`, () => readAll(id))
  const move = moveOf(name)
  if (!move) return <Missing />
  return <Loaded of={read}>{(all) => <MoveForm id={id} name={name as MoveName} move={move} all={all} />}</Loaded>
}

interface MoveFormProps {
  id: string
  name: MoveName
  move: Move
  all: Awaited<ReturnType<typeof readAll>>
}
function MoveForm({ id, name, move, all: [whole, { reasons = [] }, people] }: MoveFormProps) {
  const choices = move.to.length > 1 ? move.to.filter((to) => whole.row.enrollment!.status !== `ENROLLMENT_STATUS_${to}`) : []
  const edit = useEdit({
    read: { ...whole, version: whole.row.enrollment!.version ?? 0 },
    again: async () => { const now = await readCase(id); return { ...now, version: now.row.enrollment!.version ?? 0 } },
    valuesOf: ({ row }: WholeCase) => ({ decision: '', reason: '', comment: '', counsellorId: row.enrollment!.counsellorId ?? '' }),
    check: (values) => {
      const wrong: Wrong[] = []
      const need = (field: keyof typeof values, what: Key) => { if (!values[field]) wrong.push({ field, text: say('error.required', { what: say(what).toLowerCase() }) }) }
      if (choices.length > 0) need('decision', 'case.decision')
      if (move.reason === 'must' || values.decision === 'NOT_SUITABLE') need('reason', 'case.reason')
      if (move.counsellor) need('counsellorId', 'case.counsellor')
      return wrong
    },
    save: async (values, version, go) => {
      await call(move.method, {
        id,
        ...(choices.length > 0 ? { decision: `SUITABILITY_DECISION_${values.decision}` } : {}),
        ...(move.reason ? { reason: values.reason } : {}),
        ...(move.counsellor ? { counsellorId: values.counsellorId } : {}),
        ...(name === 'assign' ? { version } : { comment: values.comment.trim() }),
      } as Request<typeof move.method>)
      go(`/coordinator/cases/${id}?done=${name}`, 'replace')
    },
  })
  const to = (edit.values.decision || move.to[0]) as string
  const fitting = reasons.filter(({ statuses }) => statuses?.includes(`ENROLLMENT_STATUS_${to}` as EnrollmentStatusJson))
  const names = new Map(people.map((person) => [person.id!, person.name!]))
  return (
    <Page title={say(`move.${name}`)} caption={whole.row.participantName} back={`/coordinator/cases/${id}`}>
      <ChangedMeanwhile edit={edit} labels={{ counsellorId: say('case.counsellor') }} show={(value) => names.get(value) ?? value} />
      {!movesFrom(whole.row.enrollment!.status).includes(name) && <Inset>{say('case.not_now', { status: statusName(whole.row.enrollment!.status) })}</Inset>}
      <p class="govuk-body">{say(`move.about.${name}`)}</p>
      <Form form={edit} submit={say(`move.${name}`)}>
        {choices.length > 0 && (
          <Radios form={edit} name="decision" label={say('case.decision')}
            choices={choices.map((status) => ({ value: status, label: statusName(`ENROLLMENT_STATUS_${status}`) }))} />
        )}
        {move.reason && (choices.length === 0 || edit.values.decision) && (
          <Select form={edit} name="reason" label={say('case.reason')} choices={[
            { value: '', label: move.reason === 'must' || to === 'NOT_SUITABLE' ? say('case.choose') : say('case.no_reason') },
            ...fitting.map((reason) => ({
              value: reason.code!, label: `${language.get() === 'id' ? reason.categoryIndonesian : reason.categoryEnglish}: ${reasonText(reason)}`,
            })),
          ]} />
        )}
        {move.counsellor && (
          <Select form={edit} name="counsellorId" label={say('case.counsellor')} choices={[
            { value: '', label: say('case.choose') }, ...people.map((person) => ({ value: person.id!, label: person.name! })),
          ]} />
        )}
        {name !== 'assign' && <TextField form={edit} name="comment" label={`${say('case.comment')} ${say('state.optional')}`} hint={say('case.comment_hint')} rows={3} />}
      </Form>
    </Page>
  )
}
