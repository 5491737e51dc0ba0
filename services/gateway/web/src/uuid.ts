// UUIDv7 (RFC 9562): 48 bits of time, the rest random. Whatever the page creates has its id before it is sent, so that
// sending it again makes nothing twice.
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  const milliseconds = Date.now()
  for (let index = 0; index < 6; index++) bytes[index] = Math.floor(milliseconds / 2 ** (8 * (5 - index))) % 256
  bytes[6] = (bytes[6]! & 0x0f) | 0x70
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}
