// Where one is: paths with ids only, neutral titles, focus on the new page's heading, the place kept when going back.
import type { RoleJson } from '@contracts/options_pb'
import type { ComponentChildren, JSX } from 'preact'
import { createStore } from './store'

export interface Route {
  // "/officer/sessions/:session"; a segment that begins with ":" is a parameter.
  path: string
  page: (parameters: Record<string, string>) => JSX.Element
  // Whose alone it is, where others of its section only read.
  only?: RoleJson
}

export const address = createStore(location.pathname + location.search)

// Asked before one leaves; a page with unsaved work sets it.
let mayLeave: (() => boolean) | undefined
export function guardLeaving(ask: (() => boolean) | undefined): void {
  mayLeave = ask
}
addEventListener('beforeunload', (event) => {
  if (mayLeave) event.preventDefault()
})

history.scrollRestoration = 'manual'
const places = new Map<number, number>()
let position = (history.state as { position?: number } | null)?.position ?? 0
// Where the page that is being shown is to be scrolled to, once it has its height.
let wantedTop: number | undefined

addEventListener('popstate', (event) => {
  const next = (event.state as { position?: number } | null)?.position ?? 0
  if (mayLeave && !mayLeave()) {
    history.go(position - next)
    return
  }
  mayLeave = undefined
  places.set(position, scrollY)
  position = next
  wantedTop = places.get(next) ?? 0
  address.set(location.pathname + location.search)
})

export function go(path: string, how: 'push' | 'replace' = 'push'): void {
  if (mayLeave && !mayLeave()) return
  mayLeave = undefined
  places.set(position, scrollY)
  if (how === 'push') position++
  history[how === 'push' ? 'pushState' : 'replaceState']({ position }, '', path)
  wantedTop = 0
  address.set(path)
}

/** Whether one is still where one is now. */
export function whileHere(): () => boolean {
  const from = address.get()
  return () => address.get() === from
}

export const goBack = (otherwise: string) => (position > 0 ? history.back() : go(otherwise, 'replace'))

// Where a browser opens the page, its reader begins at the very top.
let opened = false

/** Called by each page's heading when it is there: the reader is at its beginning, or where they were. What the page tells first, a success, has
 * the focus already and keeps it. */
export function arrive(heading: HTMLElement | null): void {
  if (opened) {
    if (!heading?.parentElement?.contains(document.activeElement)) heading?.focus({ preventScroll: true })
    scrollTo(0, wantedTop ?? 0)
  }
  opened = true
  wantedTop = undefined
}

export function match(routes: Route[], path: string): [Route, Record<string, string>] | undefined {
  const given = path.split('?')[0]!.split('/')
  for (const route of routes) {
    const wanted = route.path.split('/')
    if (wanted.length !== given.length) continue
    const parameters: Record<string, string> = {}
    const fits = wanted.every((part, index) => {
      if (!part.startsWith(':')) return part === given[index]
      parameters[part.slice(1)] = decodeURIComponent(given[index]!)
      return given[index] !== ''
    })
    if (fits) return [route, parameters]
  }
  return undefined
}

/** Parameters behind "?": filters and page numbers, never names. */
export const searchOf = (path: string) => new URLSearchParams(path.split('?')[1] ?? '')

interface LinkProps {
  to: string
  class?: string
  current?: boolean
  children: ComponentChildren
}
export function Link({ to, class: className = 'govuk-link', current, children }: LinkProps) {
  const follow = (event: MouseEvent) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return
    event.preventDefault()
    go(to)
  }
  return <a href={to} class={className} aria-current={current ? 'page' : undefined} onClick={follow}>{children}</a>
}
