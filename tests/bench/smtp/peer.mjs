// Sends one mail COUNT times by nodemailer's pool of 5, its usual size: node peer.mjs PORT COUNT < mail. Says how many seconds.
import { readFileSync } from 'node:fs'
import nodemailer from 'nodemailer'

const [port, count] = process.argv.slice(2).map(Number)
const raw = readFileSync(0)
const transport = nodemailer.createTransport({ pool: true, maxConnections: 5, maxMessages: Infinity, host: '127.0.0.1', port, ignoreTLS: true })
const envelope = { from: 'pulih@yayasan.example', to: 'sari@lapas.example' }
const began = process.hrtime.bigint()
let begun = 0
// Always enough for the pool to take, never all at once.
const worker = async () => {
  while (begun++ < count) await transport.sendMail({ envelope, raw })
}
await Promise.all(Array.from({ length: 50 }, worker))
console.log(Number(process.hrtime.bigint() - began) / 1e9)
transport.close()
