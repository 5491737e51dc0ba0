// The page opens with the styles of its frame and of the officer's day alone; the rest (styles/rest.scss) comes with the first page that
// needs it.

// Made by build.mjs.
declare const REST_OF_STYLES: string

let coming: Promise<void> | undefined

export function restOfStyles(): Promise<void> {
  coming ??= new Promise<void>((resolve, reject) => {
    const link = document.createElement('link')
    link.rel = 'stylesheet'
    link.href = REST_OF_STYLES
    link.onload = () => resolve()
    link.onerror = () => {
      link.remove()
      coming = undefined
      reject(new Error('no styles'))
    }
    document.head.append(link)
  })
  return coming
}
