// A page whose script and styles come when it is first visited. The service worker has them by then, line or no line; what is left out
// of the first load is what a slow line needn't wait for.
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { restOfStyles } from '../styles'
import { say } from '../words'
import { Page } from './page'

type Shown<Parameters> = (parameters: Parameters) => JSX.Element

export function later<Parameters extends Record<string, string | undefined>>(load: () => Promise<Shown<Parameters>>): Shown<Parameters> {
  let loaded: Shown<Parameters> | undefined
  return function Later(parameters) {
    const [state, setState] = useState<'coming' | 'here' | 'failed'>(loaded ? 'here' : 'coming')
    useEffect(() => {
      if (!loaded) Promise.all([load(), restOfStyles()]).then(([shown]) => { loaded = shown; setState('here') }, () => setState('failed'))
    }, [])
    if (state === 'failed') return <Page title={say('error.title')}><p class="govuk-body">{say('error.line')}</p></Page>
    const Here = loaded
    return Here ? <Here {...parameters} /> : <p class="page-opening" role="status">{say('state.loading')}</p>
  }
}
