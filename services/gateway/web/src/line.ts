// Whether the line to the gateway works, as the last call found it.
import { createStore } from './store'

export const line = createStore<'up' | 'down'>(navigator.onLine ? 'up' : 'down')
export const lineIsUp = () => line.set('up')
export const lineIsDown = () => line.set('down')

addEventListener('offline', lineIsDown)
// The browser only knows that there is a network, not that anybody answers: asking does.
addEventListener('online', () => {
  fetch('/livez', { cache: 'no-store' }).then((answer) => { if (answer.ok) lineIsUp() }, lineIsDown)
})
