// A table as a CSV file for spreadsheets: semicolons and a byte order mark as Excel wants them here, and no cell that it would
// take for a formula (https://owasp.org/www-community/attacks/CSV_Injection).
const cell = (value: string | number): string => {
  if (typeof value === 'number') return String(value)
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[";\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

export const csvText = (rows: (string | number)[][]): string => `\ufeff${rows.map((row) => row.map(cell).join(';')).join('\r\n')}\r\n`

export function download(name: string, text: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/csv;charset=utf-8' }))
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}
