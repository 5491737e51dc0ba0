// What every page begins with, and the small parts that pages are made of.
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { arrive, goBack, Link } from '../router'
import { say } from '../words'

interface PageProps {
  // For the browser's tab and history: what kind of page it is, never whose.
  title: string
  // If other than the title: may name people.
  heading?: ComponentChildren
  caption?: ComponentChildren
  // Where Back leads when there is nothing to go back to.
  back?: string
  wide?: boolean
  children: ComponentChildren
}

export function Page({ title, heading, caption, back, wide, children }: PageProps) {
  const top = useRef<HTMLHeadingElement>(null)
  useEffect(() => { document.title = `${title} – Pulih` }, [title])
  useEffect(() => arrive(top.current), [])
  const leave = (event: Event) => {
    event.preventDefault()
    goBack(back!)
  }
  return (
    <div class={wide ? 'page-wide' : 'page-column'}>
      {back && <a href={back} class="govuk-back-link" onClick={leave}>{say('app.back')}</a>}
      <h1 class="govuk-heading-l" tabIndex={-1} ref={top}>
        {caption && <span class="govuk-caption-l">{caption}</span>}
        {heading ?? title}
      </h1>
      {children}
    </div>
  )
}

export type Tone = 'grey' | 'green' | 'turquoise' | 'blue' | 'purple' | 'red' | 'orange' | 'yellow'
export const Tag = ({ tone, children }: { tone?: Tone; children: ComponentChildren }) =>
  <strong class={`govuk-tag${tone ? ` govuk-tag--${tone}` : ''}`}>{children}</strong>

interface ButtonProps {
  kind?: 'secondary' | 'warning'
  // Without it the button submits its form.
  onClick?: () => void
  busy?: boolean
  children: ComponentChildren
}
// The second click of a double click is meant for what was there when the first one came.
const isSecond = (event: MouseEvent) => event.detail > 1

/** While busy it stays where it is, keeps the focus, and does nothing. */
export function Button({ kind, onClick, busy, children }: ButtonProps) {
  return (
    <button type={onClick ? 'button' : 'submit'} class={`govuk-button${kind ? ` govuk-button--${kind}` : ''}`}
      aria-disabled={busy ? 'true' : undefined}
      onClick={(event) => {
        if (busy || isSecond(event)) event.preventDefault()
        else onClick?.()
      }}>
      {busy ? say('state.busy') : children}
    </button>
  )
}

interface LinkButtonProps {
  onClick: () => void
  // Each of several quick clicks counts.
  repeats?: boolean
  children: ComponentChildren
}
/** A button that reads as a link, for what changes the page in place. */
export const LinkButton = ({ onClick, repeats, children }: LinkButtonProps) =>
  <button type="button" class="page-link-button" onClick={(event) => { if (repeats || !isSecond(event)) onClick() }}>{children}</button>

export const ButtonLink = ({ to, kind, children }: { to: string; kind?: 'secondary'; children: ComponentChildren }) =>
  <Link to={to} class={`govuk-button${kind ? ` govuk-button--${kind}` : ''}`}>{children}</Link>

export const Inset = ({ children }: { children: ComponentChildren }) => <div class="govuk-inset-text">{children}</div>

export const Warning = ({ children }: { children: ComponentChildren }) => (
  <div class="govuk-warning-text">
    <span class="govuk-warning-text__icon" aria-hidden="true">!</span>
    <strong class="govuk-warning-text__text"><span class="govuk-visually-hidden">{say('state.important')}</span>{children}</strong>
  </div>
)

interface BannerProps {
  kind?: 'success'
  heading: ComponentChildren
  children?: ComponentChildren
}
/** What just happened, or what one must know before all else. A success takes the focus, so that it is read out. */
export function Banner({ kind, heading, children }: BannerProps) {
  const box = useRef<HTMLDivElement>(null)
  useEffect(() => { if (kind === 'success') box.current?.focus() }, [kind])
  return (
    <div class={`govuk-notification-banner${kind ? ' govuk-notification-banner--success' : ''}`} ref={box} tabIndex={-1}
      role={kind ? 'alert' : 'region'} aria-labelledby="banner-title">
      <div class="govuk-notification-banner__header">
        <h2 class="govuk-notification-banner__title" id="banner-title">{say(kind ? 'state.success' : 'state.important')}</h2>
      </div>
      <div class="govuk-notification-banner__content">
        <p class="govuk-notification-banner__heading">{heading}</p>
        {children}
      </div>
    </div>
  )
}

export interface SummaryRow {
  key: ComponentChildren
  value: ComponentChildren
  // Where it is changed, and what that is, for who can't see the row.
  change?: { to: string; what: string }
}
export const SummaryList = ({ rows }: { rows: SummaryRow[] }) => (
  <dl class="govuk-summary-list">
    {rows.map((row, index) => (
      <div class={`govuk-summary-list__row${row.change ? '' : ' govuk-summary-list__row--no-actions'}`} key={index}>
        <dt class="govuk-summary-list__key">{row.key}</dt>
        <dd class="govuk-summary-list__value">{row.value || say('state.unknown')}</dd>
        {row.change && (
          <dd class="govuk-summary-list__actions">
            <Link to={row.change.to}>{say('action.change')}<span class="govuk-visually-hidden"> {row.change.what}</span></Link>
          </dd>
        )}
      </div>
    ))}
  </dl>
)

interface TableProps {
  caption: string
  // Columns; `numeric` ones stand to the right.
  head: { text: ComponentChildren; numeric?: boolean }[]
  // Cells of each row; the first is the row's head.
  rows: ComponentChildren[][]
  hideCaption?: boolean
}
/** On a phone each row becomes a block, each cell under the name of its column. */
export const Table = ({ caption, head, rows, hideCaption }: TableProps) => (
  <table class="govuk-table page-table" role="table">
    <caption class={hideCaption ? 'govuk-visually-hidden' : 'govuk-table__caption govuk-table__caption--m'}>{caption}</caption>
    <thead class="govuk-table__head" role="rowgroup">
      <tr class="govuk-table__row" role="row">
        {head.map((column, index) => (
          <th scope="col" role="columnheader" key={index}
            class={`govuk-table__header${column.numeric ? ' govuk-table__header--numeric' : ''}`}>{column.text}</th>
        ))}
      </tr>
    </thead>
    <tbody class="govuk-table__body" role="rowgroup">
      {rows.map((cells, row) => (
        <tr class="govuk-table__row" role="row" key={row}>
          {cells.map((cell, index) => index === 0
            ? <th scope="row" role="rowheader" class="govuk-table__header" key={index}>{cell}</th>
            : (
              <td role="cell" key={index} class={`govuk-table__cell${head[index]?.numeric ? ' govuk-table__cell--numeric' : ''}`}>
                <span class="page-table__label" aria-hidden="true">{head[index]?.text}</span><span>{cell}</span>
              </td>
            ))}
        </tr>
      ))}
    </tbody>
  </table>
)

interface PagingProps {
  onNext?: (() => void) | undefined
  onPrevious?: (() => void) | undefined
}
export const Paging = ({ onNext, onPrevious }: PagingProps) => (onNext || onPrevious ? (
  <nav class="page-paging">
    {onPrevious && <Button kind="secondary" onClick={onPrevious}>{say('action.previous')}</Button>}
    {onNext && <Button kind="secondary" onClick={onNext}>{say('action.next')}</Button>}
  </nav>
) : null)

/** Stays in sight while a long page is filled in. */
export const StickyBar = ({ children }: { children: ComponentChildren }) => <div class="page-sticky">{children}</div>
