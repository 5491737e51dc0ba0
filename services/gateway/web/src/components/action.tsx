// One button that does one thing: asked once however often it is pressed, its failure in words beside it.
import { ErrorSummary, useForm, type Go } from './form'
import { Button } from './page'

interface ActionProps {
  text: string
  kind?: 'secondary' | 'warning'
  // Asked before; without it the button acts at once.
  act: (go: Go) => Promise<unknown>
}
export function Action({ text, kind, act }: ActionProps) {
  const form = useForm({}, { send: async (_, go) => { await act(go) } })
  return (
    <form onSubmit={form.submit} class="page-action">
      <ErrorSummary wrong={form.wrong} />
      <Button {...(kind ? { kind } : {})} busy={form.busy}>{text}</Button>
    </form>
  )
}
