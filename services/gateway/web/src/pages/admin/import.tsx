// Impor: a prison's register from a CSV file. First what would happen, row by row; then, when asked to, it happens.
import type { ImportResultJson } from '@contracts/enrollment/v1/participant_pb'
import { useState } from 'preact/hooks'
import { call } from '../../api'
import { Action } from '../../components/action'
import { ErrorSummary, type Wrong } from '../../components/form'
import { Pick } from '../../components/paged'
import { Banner, Inset, Page, SummaryList, Table, Warning } from '../../components/page'
import { prisonOf, prisons, prisonsOnly } from '../../prisons'
import { useStore } from '../../store'
import { say, type Key } from '../../words'
import { COLUMNS, CsvError, decode, parse, readRegister, type Column, type Register } from './register_csv'

const BATCH = 500
const FILE_MAX_BYTES = 16 << 20
const SHOWN = 200

interface Outcome {
  counts: Record<'CREATED' | 'UPDATED' | 'UNCHANGED' | 'REFUSED', number>
  // Refused, or perhaps somebody who is there already.
  told: ImportResultJson[]
}

async function send(prisonId: string, { rows, tooLong }: Register, preview: boolean, progress: (done: number) => void): Promise<Outcome> {
  const outcome: Outcome = { counts: { CREATED: 0, UPDATED: 0, UNCHANGED: 0, REFUSED: tooLong.length }, told: [] }
  for (let first = 0; first < rows.length; first += BATCH) {
    const { results = [] } = await call('enrollment.v1.ParticipantService/ImportParticipants', { prisonId, preview, rows: rows.slice(first, first + BATCH) })
    for (const result of results) {
      outcome.counts[result.outcome!.slice('IMPORT_OUTCOME_'.length) as keyof Outcome['counts']]++
      if (result.problems?.length || result.possibleDuplicates?.length) outcome.told.push(result)
    }
    progress(Math.min(first + BATCH, rows.length))
  }
  return outcome
}

const columnName = (register: Register, snake = ''): string => {
  const column = snake.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()) as Column
  return register.headers[column] ?? (COLUMNS.includes(column) ? say(`import.column.${column}`) : snake)
}

export function Import() {
  const places = prisonsOnly(useStore(prisons))
  const [prisonId, setPrisonId] = useState('')
  const [file, setFile] = useState<File>()
  const [wrong, setWrong] = useState<Wrong[]>([])
  const [register, setRegister] = useState<Register>()
  const [preview, setPreview] = useState<Outcome>()
  const [done, setDone] = useState<Outcome>()
  const [progress, setProgress] = useState(0)
  const [asking, setAsking] = useState(false)
  const start = () => { setRegister(undefined); setPreview(undefined); setDone(undefined); setProgress(0) }
  // What comes back is about what was chosen when it was asked, so until then nothing else can be chosen.
  const alone = (what: () => Promise<void>) => () => {
    setAsking(true)
    return what().finally(() => setAsking(false))
  }

  const look = async () => {
    start()
    const missing: Wrong[] = []
    if (!prisonId) missing.push({ field: 'prison', text: say('import.choose_prison') })
    if (!file) missing.push({ field: 'file', text: say('import.choose_file') })
    else if (file.size > FILE_MAX_BYTES) missing.push({ field: 'file', text: say('import.too_large') })
    setWrong(missing)
    if (missing.length > 0) return
    try {
      const read = readRegister(parse(decode(await file!.arrayBuffer())))
      if (read.missing.length > 0 || read.twice.length > 0) {
        setWrong([
          ...read.missing.map((column) => ({ field: 'file', text: say('import.no_column', { column: say(`import.column.${column}`) }) })),
          ...read.twice.map((column) => ({ field: 'file', text: say('import.column_twice', { column }) })),
        ])
        return
      }
      const seen = await send(prisonId, read, true, setProgress)
      setRegister(read)
      setPreview(seen)
    } catch (error) {
      if (!(error instanceof CsvError)) throw error
      setWrong([{ field: 'file', text: say(`import.file.${error.reason}`, { line: error.line }) }])
    }
  }

  const shown = done ?? preview
  const good = preview ? preview.counts.CREATED + preview.counts.UPDATED : 0
  return (
    <Page title={say('import.title')} wide>
      <ErrorSummary wrong={wrong} />
      <p class="govuk-body">{say('import.about')}</p>
      <fieldset class="govuk-fieldset" disabled={asking}>
        <Pick id="prison" label={say('people.place')} value={prisonId} all={say('import.choose')} options={places.map(({ id, name }) => [id!, name!])} onPick={(value) => { setPrisonId(value); start() }} />
        <div class={`govuk-form-group${wrong.some(({ field }) => field === 'file') ? ' govuk-form-group--error' : ''}`}>
          <label class="govuk-label" for="file">{say('import.file')}</label>
          <div class="govuk-hint" id="file-hint">{say('import.file_hint')}</div>
          <input class="govuk-file-upload" id="file" type="file" accept=".csv,text/csv" aria-describedby="file-hint" onChange={(event) => { setFile(event.currentTarget.files?.[0]); start() }} />
        </div>
      </fieldset>
      <Action text={say('import.look')} kind="secondary" act={alone(look)} />
      <p class="page-small" role="status">{progress > 0 && !shown ? say('import.progress', { count: progress }) : ''}</p>
      {register && shown && (
        <>
          {done
            ? <Banner kind="success" heading={say('import.done', { created: done.counts.CREATED, updated: done.counts.UPDATED })} />
            : <h2 class="govuk-heading-m">{say('import.would', { prison: prisonOf(prisonId)?.name ?? '' })}</h2>}
          <SummaryList rows={(['CREATED', 'UPDATED', 'UNCHANGED', 'REFUSED'] as const).map((name) => ({ key: say(`import.outcome.${name}`), value: `${shown.counts[name]}` }))} />
          {register.unknown.length > 0 && <Inset>{say('import.unknown', { columns: register.unknown.join(', ') })}</Inset>}
          {register.tooLong.length > 0 && <Warning>{say('import.too_long', { lines: register.tooLong.slice(0, 20).join(', ') })}</Warning>}
          <Problems register={register} told={shown.told} />
          {!done && (good > 0
            ? <Action text={say('import.do', { count: good })} act={alone(async () => setDone(await send(prisonId, register, false, setProgress)))} />
            : <p class="govuk-body">{say('import.nothing')}</p>)}
        </>
      )}
    </Page>
  )
}

function Problems({ register, told }: { register: Register; told: ImportResultJson[] }) {
  if (told.length === 0) return null
  return (
    <>
      <Table caption={say('import.problems')} head={[{ text: say('import.line') }, { text: say('import.what_column') }, { text: say('import.found') }, { text: say('import.why') }]}
        rows={told.slice(0, SHOWN).flatMap((result) => [
          ...(result.problems ?? []).map((problem) => [result.line, columnName(register, problem.column), problem.value || '–', say(`import.problem.${problem.reason}` as Key)]),
          ...(result.possibleDuplicates?.length ? [[result.line, '–', result.possibleDuplicates.join(', '), say('import.duplicate')]] : []),
        ])} />
      {told.length > SHOWN && <p class="govuk-body">{say('import.more', { count: told.length - SHOWN })}</p>}
    </>
  )
}
