// In an emergency: a reason, an hour, and somebody who looks at it later.
import { useRef, useState } from 'preact/hooks'
import { call } from '../../api'
import { TextField } from '../../components/fields'
import { Form, useForm } from '../../components/form'
import { Loaded, useCall } from '../../components/loaded'
import { Search, usePaged } from '../../components/paged'
import { Inset, Page } from '../../components/page'
import { prisonOf } from '../../prisons'
import { Link } from '../../router'
import { newId } from '../../uuid'
import { say } from '../../words'
import { personLine } from './parts'

export function BreakGlass({ participantId, text, opened }: { participantId: string; text: string; opened: () => void }) {
  const id = useRef(newId())
  const form = useForm({ reason: '' }, {
    check: ({ reason }) => (reason.trim().length >= 10 ? [] : [{ field: 'reason', text: say('glass.reason.required') }]),
    send: async ({ reason }) => {
      await call('notes.v1.NotesService/RequestBreakGlass', { id: id.current, participantId, reason: reason.trim(), minutes: 60 })
      opened()
    },
  })
  return (
    <>
      <Inset>{text}</Inset>
      <Form form={form} submit={say('glass.open')}>
        <TextField form={form} name="reason" rows={3} label={say('glass.reason')} hint={say('glass.reason.hint')} />
      </Form>
    </>
  )
}

/** Somebody who isn't in the reader's care: who it is, and how to open what is known of them. */
export function NotInCare({ id, opened }: { id: string; opened: () => void }) {
  const person = useCall('enrollment.v1.ParticipantService/GetParticipant', { id })
  return (
    <Loaded of={person}>
      {(of) => (
        <>
          <p class="govuk-body"><strong>{of.name}</strong> · {[personLine(of), prisonOf(of.prisonId)?.name].filter(Boolean).join(' · ')}</p>
          <BreakGlass participantId={id} text={say('glass.person')} opened={opened} />
        </>
      )}
    </Loaded>
  )
}

function Found({ search }: { search: string }) {
  const found = usePaged('enrollment.v1.ParticipantService/ListParticipants', { search })
  return (
    <>
      <Loaded of={found}>
        {({ participants = [] }) => (participants.length === 0 ? <p class="govuk-body">{say('people.not_found')}</p> : (
          <ul class="counsellor-people">
            {participants.map((person) => (
              <li class="counsellor-person" key={person.id}>
                <p class="counsellor-person__name"><Link to={`/counsellor/people/${person.id}`}>{person.name}</Link></p>
                <p class="counsellor-person__line">{[personLine(person), prisonOf(person.prisonId)?.name].filter(Boolean).join(' · ')}</p>
              </li>
            ))}
          </ul>
        ))}
      </Loaded>
      {found.paging}
    </>
  )
}

/** Somebody who isn't among one's own is found by name. */
export function Others() {
  const [search, setSearch] = useState('')
  return (
    <Page title={say('others.title')} back="/counsellor/people">
      <p class="govuk-body">{say('others.about')}</p>
      <Search label={say('others.search')} onSearch={setSearch} />
      {search && <Found search={search} />}
    </Page>
  )
}
