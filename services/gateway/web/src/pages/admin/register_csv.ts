// A prison's register as a CSV file, by the rules of the command line's import (services/pulih/csv_reader.c, register.c): comma,
// semicolon or tab; a UTF-8 byte order mark; any line end; quoted cells with line breaks; columns by the names that exports give them.
import REGISTER_NAMES from '@contracts/register_names.json'
import type { ImportRowJson } from '@contracts/enrollment/v1/participant_pb'

export interface CsvRow {
  // Where it begins, from 1.
  line: number
  cells: string[]
}
export class CsvError extends Error {
  constructor(readonly reason: 'not_utf8' | 'quote' | 'unclosed' | 'empty', readonly line: number) {
    super(reason)
  }
}

export function decode(bytes: ArrayBuffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new CsvError('not_utf8', 1)
  }
}

/** The one of , ; tab that stands most often in the first line, outside of quotes. */
function delimiterOf(text: string): string {
  const head = text.split(/[\r\n]/, 1)[0]!.replace(/"[^"]*"/g, '')
  return [',', ';', '\t'].reduce((best, one) => (head.split(one).length > head.split(best).length ? one : best))
}

export function parse(text: string): CsvRow[] {
  const delimiter = delimiterOf(text)
  const rows: CsvRow[] = []
  let at = 0
  let line = 1
  while (at < text.length) {
    const row: CsvRow = { line, cells: [] }
    for (let ended = false; !ended;) {
      while (text[at] === ' ') at++
      let cell = ''
      if (text[at] === '"') {
        for (at++; ; at++) {
          if (at >= text.length) throw new CsvError('unclosed', row.line)
          if (text[at] === '"' && text[++at] !== '"') break
          if (text[at] === '\n' || (text[at] === '\r' && text[at + 1] !== '\n')) line++
          if (text[at] !== '\r') cell += text[at]
        }
        while (text[at] === ' ') at++
      } else {
        while (at < text.length && text[at] !== delimiter && text[at] !== '\n' && text[at] !== '\r') {
          if (text[at] === '"') throw new CsvError('quote', line)
          cell += text[at++]
        }
      }
      row.cells.push(cell.trim())
      if (text[at] === delimiter) at++
      else if (at >= text.length || text[at] === '\n' || text[at] === '\r') ended = true
      else throw new CsvError('quote', line)
    }
    if (text[at] === '\r' && text[at + 1] === '\n') at++
    at++
    line++
    if (row.cells.some(Boolean)) rows.push(row)
  }
  if (rows.length === 0) throw new CsvError('empty', 1)
  return rows
}

export type Column = Exclude<keyof ImportRowJson, 'line'>
// services/pulih/register.def: what exports call each column, without case, spaces and signs.
const NAMES: Record<Column, string[]> = REGISTER_NAMES
export const COLUMNS = Object.keys(NAMES) as Column[]

export interface Register {
  // As the file names each column.
  headers: Partial<Record<Column, string>>
  // Columns that nobody knows: passed over.
  unknown: string[]
  // Known, needed and not there.
  missing: Column[]
  // Columns that say the same as another.
  twice: string[]
  rows: ImportRowJson[]
  // Lines with more cells than the head: a separator that should stand in quotes.
  tooLong: number[]
}

export function readRegister([head, ...rows]: CsvRow[]): Register {
  const register: Register = { headers: {}, unknown: [], missing: [], twice: [], rows: [], tooLong: [] }
  const places: [number, Column][] = []
  head!.cells.forEach((header, index) => {
    const plain = header.replace(/[^A-Za-z0-9]/g, '').toLowerCase()
    const column = COLUMNS.find((name) => NAMES[name].includes(plain))
    if (!column) {
      if (header) register.unknown.push(header)
    } else if (register.headers[column]) register.twice.push(header)
    else {
      register.headers[column] = header
      places.push([index, column])
    }
  })
  register.missing = (['registerNumber', 'name'] as const).filter((column) => !register.headers[column])
  for (const { line, cells } of rows) {
    if (cells.length > head!.cells.length) register.tooLong.push(line)
    else register.rows.push(Object.fromEntries([['line', line], ...places.flatMap(([index, column]) => (cells[index] ? [[column, cells[index]]] : []))]) as ImportRowJson)
  }
  return register
}
