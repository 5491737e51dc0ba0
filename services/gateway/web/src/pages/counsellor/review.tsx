// Perlu ditinjau: what waits for a clinical supervisor. Corrections of attendance, and counsellors who broke the glass.
import type { BreakGlassJson, BreakGlassVerdictJson } from '@contracts/notes/v1/notes_pb'
import { useState } from 'preact/hooks'
import { zonedText } from '../../ago'
import { call, callAll } from '../../api'
import { Radios, TextField } from '../../components/fields'
import { Form, useForm } from '../../components/form'
import { Loaded, useLoading } from '../../components/loaded'
import { Banner, Inset, Page, SummaryList, Table } from '../../components/page'
import { prisonOf, zoneOf } from '../../prisons'
import { Link } from '../../router'
import { session } from '../../session'
import { say, type Key } from '../../words'
import { CorrectionList, useCorrectionCount } from '../joint/corrections'

const readWaiting = () => callAll('notes.v1.NotesService/ListBreakGlass', { waitingOnly: true }, 'breakGlasses')

const useGlass = () => useLoading('glass', readWaiting, { live: ['notes.break_glass'] })

export const useReviewCount = (): number => (useGlass().data?.length ?? 0) + useCorrectionCount()

export function Review() {
  const waiting = useGlass()
  return (
    <Page title={say('review.title')} wide>
      <h2 class="govuk-heading-m">{say('review.glass')}</h2>
      <p class="govuk-body">{say('review.glass_about')}</p>
      <Loaded of={waiting}>
        {(rows) => (rows.length === 0 ? <p class="govuk-body">{say('review.glass_none')}</p> : (
          <Table caption={say('review.glass')} hideCaption head={[{ text: say('review.whose') }, { text: say('review.who') }, { text: say('review.when') }, { text: say('review.reason') }]}
            rows={rows.map((row) => [
              <><Link to={`/counsellor/review/${row.id}`}>{row.participantName}</Link><span class="page-small">{row.registerNumber}</span></>,
              row.askedByName, zonedText(row.askedAt, zoneOf(row.prisonId)), row.reason,
            ])} />
        ))}
      </Loaded>
      <h2 class="govuk-heading-m">{say('corrections.title')}</h2>
      <CorrectionList />
    </Page>
  )
}

// What the glass was broken for: the notes that were read while it was open.
async function readOne(id: string) {
  const glass = (await readWaiting()).find((row) => row.id === id)
  const reads = glass && await callAll('notes.v1.NotesService/ListNoteReads', { participantId: glass.participantId!, actorId: glass.askedBy! }, 'reads')
  return { glass, reads: reads?.filter(({ basis, happenedAt }) => basis === 'READING_BASIS_BREAK_GLASS' && happenedAt! >= glass!.askedAt!) ?? [] }
}

export function GlassReview({ glass: id }: Record<string, string>) {
  const read = useLoading(`glass ${id}`, () => readOne(id!))
  return (
    <Page title={say('review.judge')} back="/counsellor/review">
      <Loaded of={read}>
        {({ glass, reads }) => {
          if (!glass) return <Inset>{say('review.gone')}</Inset>
          const zone = zoneOf(glass.prisonId)
          return (
            <>
              <SummaryList rows={[
                { key: say('review.whose'), value: <><Link to={`/counsellor/people/${glass.participantId}`}>{glass.participantName}</Link><span class="page-small">{glass.registerNumber}, {prisonOf(glass.prisonId)?.name}</span></> },
                { key: say('review.who'), value: glass.askedByName },
                { key: say('review.when'), value: say('review.span', { from: zonedText(glass.askedAt, zone), until: zonedText(glass.endsAt, zone) }) },
                { key: say('review.reason'), value: glass.reason },
                { key: say('review.read'), value: reads.length === 0
                  ? say('review.read_none')
                  : <ul class="govuk-list">{reads.map((one) => <li key={`${one.chain} ${one.sequence}`}><Link to={`/counsellor/notes/${one.noteId}?person=${glass.participantId}`}>{zonedText(one.happenedAt, zone)}</Link></li>)}</ul> },
              ]} />
              {glass.askedBy === session.get()?.person.id ? <Inset>{say('review.own')}</Inset> : <Judge glass={glass} />}
            </>
          )
        }}
      </Loaded>
    </Page>
  )
}

function Judge({ glass }: { glass: BreakGlassJson }) {
  const [judged, setJudged] = useState<string>()
  const form = useForm({ verdict: '', comment: '' }, {
    check: ({ verdict }) => (verdict ? [] : [{ field: 'verdict', text: say('review.choose') }]),
    send: async ({ verdict, comment }) => {
      await call('notes.v1.NotesService/ReviewBreakGlass', { breakGlassId: glass.id!, verdict: `BREAK_GLASS_VERDICT_${verdict}` as BreakGlassVerdictJson, comment: comment.trim() })
      setJudged(verdict)
    },
  })
  if (judged) return <Banner kind="success" heading={say('review.done', { verdict: say(`review.${judged}` as Key) })} />
  return (
    <Form form={form} submit={say('review.submit')}>
      <Radios form={form} name="verdict" label={say('review.verdict')} choices={[
        { value: 'JUSTIFIED', label: say('review.JUSTIFIED') }, { value: 'NOT_JUSTIFIED', label: say('review.NOT_JUSTIFIED'), hint: say('review.NOT_JUSTIFIED.hint') }]} />
      <TextField form={form} name="comment" label={`${say('review.comment')} ${say('state.optional')}`} hint={say('review.comment_hint')} rows={3} />
    </Form>
  )
}
