// A value that components watch. The page's few global facts (who is signed in, the language, the address, the line) are
// stores; everything else is a component's own.
import { useEffect, useState } from 'preact/hooks'

export interface Store<T> {
  get(): T
  set(value: T): void
  // Gives what ends the watching.
  watch(changed: (value: T) => void): () => void
}

export function createStore<T>(first: T): Store<T> {
  let current = first
  const watchers = new Set<(value: T) => void>()
  return {
    get: () => current,
    set(value) {
      if (Object.is(value, current)) return
      current = value
      for (const changed of [...watchers]) changed(value)
    },
    watch(changed) {
      watchers.add(changed)
      return () => watchers.delete(changed)
    },
  }
}

export function useStore<T>(store: Store<T>): T {
  const [value, setValue] = useState<{ of: T }>({ of: store.get() })
  useEffect(() => {
    setValue({ of: store.get() })
    return store.watch((changed) => setValue({ of: changed }))
  }, [store])
  return value.of
}
