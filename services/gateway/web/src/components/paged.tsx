// A list that comes in pages, and the tabs and filters above it. The filter is in the address (ids only), so that Back works.
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { call } from '../api'
import type { Method, Request, Response } from '../contracts'
import { address, go, Link, searchOf } from '../router'
import { useStore } from '../store'
import { say } from '../words'
import { useLoading, type Loading } from './loaded'
import { Paging } from './page'

/** One page of a list, with the buttons to its neighbours. */
export function usePaged<M extends Method>(method: M, request: Request<M>, live?: string[]): Loading<Response<M>> & { paging: ComponentChildren } {
  const asked = `${method} ${JSON.stringify(request)}`
  const [turned, setTurned] = useState<{ asked: string; tokens: string[] }>({ asked, tokens: [] })
  const tokens = turned.asked === asked ? turned.tokens : []
  const pageToken = tokens[tokens.length - 1] ?? ''
  const loading = useLoading(asked + pageToken, (signal) => call(method, { ...(request as object), pageToken } as Request<M>, signal), live ? { live } : {})
  const next = (loading.data as { nextPageToken?: string } | undefined)?.nextPageToken
  const turn = (now: string[]) => {
    setTurned({ asked, tokens: now })
    document.querySelector<HTMLElement>('h1')?.focus()
    scrollTo(0, 0)
  }
  return {
    ...loading,
    paging: <Paging onPrevious={tokens.length > 0 ? () => turn(tokens.slice(0, -1)) : undefined}
      onNext={next ? () => turn([...tokens, next]) : undefined} />,
  }
}

/** What stands behind "?" of the address, and how to change a part of it. */
export function useFilter(): [URLSearchParams, (name: string, value: string) => string] {
  const here = useStore(address)
  const filter = searchOf(here)
  const having = (name: string, value: string) => {
    const wanted = new URLSearchParams(filter)
    if (value) wanted.set(name, value)
    else wanted.delete(name)
    const text = wanted.toString()
    return here.split('?')[0] + (text && `?${text}`)
  }
  return [filter, having]
}

interface TabsProps {
  label: string
  tabs: { to: string; text: string; current: boolean }[]
}
export const Tabs = ({ label, tabs }: TabsProps) => (
  <nav class="page-tabs" aria-label={label}>
    <ul>{tabs.map(({ to, text, current }) => <li key={to}><Link to={to} class="page-tabs__link" current={current}>{text}</Link></li>)}</ul>
  </nav>
)

interface PickProps {
  id: string
  label: string
  value: string
  options: [string, string][]
  // What stands first and filters nothing.
  all?: string
  onPick: (value: string) => void
}
/** Chooses one of a list and acts at once. */
export const Pick = ({ id, label, value, options, all, onPick }: PickProps) => (
  <div class="page-pick">
    <label class="govuk-label" for={id}>{label}</label>
    <select class="govuk-select" id={id} value={value} onChange={(event) => onPick(event.currentTarget.value)}>
      {all !== undefined && <option value="">{all}</option>}
      {options.map(([option, text]) => <option value={option} key={option}>{text}</option>)}
    </select>
  </div>
)

/** A filter by one of a list, kept in the address. */
export function FilterPick({ name, ...rest }: Omit<PickProps, 'id' | 'value' | 'onPick'> & { name: string }) {
  const [filter, having] = useFilter()
  return <Pick {...rest} id={`filter-${name}`} value={filter.get(name) ?? ''} onPick={(value) => go(having(name, value), 'replace')} />
}

/** Searches when asked to: what is looked for may be a name, and stays out of the address. */
export function Search({ label, onSearch }: { label: string; onSearch: (text: string) => void }) {
  const [text, setText] = useState('')
  return (
    <form class="page-search" role="search" onSubmit={(event) => { event.preventDefault(); onSearch(text.trim()) }}>
      <label class="govuk-label" for="search">{label}</label>
      <input class="govuk-input" id="search" type="search" value={text} autocomplete="off" maxLength={100} onInput={(event) => setText(event.currentTarget.value)} />
      <button class="govuk-button govuk-button--secondary">{say('action.search')}</button>
    </form>
  )
}
