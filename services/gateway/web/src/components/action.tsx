// One button that does one thing: asked once however often it is pressed, its failure in words beside it.
import { ErrorSummary, useForm } from './form'
import { Button } from './page'

interface ActionProps {
  text: string
  kind?: 'secondary' | 'warning'
  // Asked before; without it the button acts at once.
  act: () => Promise<unknown>
}
export function Action({ text, kind, act }: ActionProps) {
  const form = useForm({}, { send: async () => { await act() } })
  return (
    <form onSubmit={form.submit} class="page-action">
      <ErrorSummary wrong={form.wrong} />
      <Button {...(kind ? { kind } : {})} busy={form.busy}>{text}</Button>
    </form>
  )
}
