// A text as a QR code. Drawn here: nothing of it goes anywhere else.
import '../shared'
import { encode } from 'uqr'

export function QrCode({ text, label }: { text: string; label: string }) {
  const rows = encode(text, { border: 0 }).data
  const path = rows.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ''))).join('')
  return (
    <svg class="page-qr-code" viewBox={`-4 -4 ${rows.length + 8} ${rows.length + 8}`} role="img" aria-label={label}
      shape-rendering="crispEdges"><path d={path} /></svg>
  )
}
