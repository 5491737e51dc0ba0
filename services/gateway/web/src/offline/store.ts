// What stays on this machine while somebody is signed in: the day's roster, what was typed, and writes that wait for the
// line. Never notes. All of it goes at sign-out. A browser that keeps nothing (private window) only loses this help.
const NAME = 'pulih'
type Shelf = 'kept' | 'spool'

let opened: Promise<IDBDatabase> | undefined
function open(): Promise<IDBDatabase> {
  opened ??= new Promise((done, failed) => {
    const asked = indexedDB.open(NAME, 1)
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore('kept')
      asked.result.createObjectStore('spool', { keyPath: 'number', autoIncrement: true })
    }
    asked.onsuccess = () => {
      // Another tab signs out: let go.
      asked.result.onversionchange = () => { asked.result.close(); opened = undefined }
      done(asked.result)
    }
    asked.onerror = () => { opened = undefined; failed(asked.error) }
  })
  return opened
}

export async function act<T>(shelf: Shelf, mode: IDBTransactionMode, what: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const database = await open()
  return new Promise((done, failed) => {
    // Strict: what the page calls saved survives a power cut.
    const transaction = database.transaction(shelf, mode, { durability: 'strict' } as IDBTransactionOptions)
    const asked = what(transaction.objectStore(shelf))
    transaction.oncomplete = () => done(asked.result)
    transaction.onabort = transaction.onerror = () => failed(transaction.error)
  })
}

export async function keep(key: string, value: unknown): Promise<void> {
  await act('kept', 'readwrite', (store) => store.put(value, key)).catch(() => {})
}

export async function kept<T>(key: string): Promise<T | undefined> {
  return act<T | undefined>('kept', 'readonly', (store) => store.get(key) as IDBRequest<T | undefined>).catch(() => undefined)
}

export async function forget(key: string): Promise<void> {
  await act('kept', 'readwrite', (store) => store.delete(key)).catch(() => {})
}

/** All but the spool. */
export async function forgetKept(): Promise<void> {
  sessionStorage.clear()
  await act('kept', 'readwrite', (store) => store.clear()).catch(() => {})
}

/** Everything, also what waits for the line. Only the language stays: it tells nothing. */
export async function forgetAll(): Promise<void> {
  await forgetKept()
  await act('spool', 'readwrite', (store) => store.clear()).catch(() => {})
}
