// The door of the page, in a browser whose service worker is already at work. Arguments: the gateway's address, and which way:
//
//   oidc                  to the provider twice, a line of input between; says what comes of each
//   totp EMAIL PASSWORD   sets up a second factor by what is shown, and signs in with it; says who is signed in
import { createHmac } from 'node:crypto'
import { createInterface } from 'node:readline'
import { chromium } from 'playwright-core'

const [url, way, ...credentials] = process.argv.slice(2)
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] })

/** RFC 6238, of a key as people read it: base 32 in groups. */
function totp(shown) {
  const bits = [...shown.replace(/[^A-Z2-7]/g, '')].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('')
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)))
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)))
  const mac = createHmac('sha1', key).update(counter).digest()
  return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

const ways = {
  async oidc(page) {
    const go = () => page.getByRole('link', { name: 'Masuk dengan Akun Yayasan' }).click()
    await go()
    console.log(await page.locator('.govuk-notification-banner__content').innerText().then((text) => text.replace(/\s+/g, ' ')))
    await lines.next()
    // The provider forgets whom it signed in before.
    await page.context().clearCookies()
    await go()
  },
  async totp(page) {
    await page.fill('#email', credentials[0])
    await page.fill('#password', credentials[1])
    await page.click('form button[type=submit]')
    await page.getByRole('img', { name: 'Kode QR' }).waitFor()
    await page.fill('#code', totp(await page.locator('.page-secret').innerText()))
    await page.click('form button[type=submit]')
    await page.locator('.page-codes li').first().waitFor()
    console.log(`${await page.locator('.page-codes li').count()} codes`)
    await page.getByRole('button', { name: 'Sudah saya simpan' }).click()
  },
}

try {
  const page = await browser.newPage({ baseURL: url, locale: 'id-ID' })
  await page.goto('/')
  await page.evaluate(() => navigator.serviceWorker.ready)
  await page.reload()
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null)
  await ways[way](page)
  const email = await page.waitForFunction(async () => (await (await fetch('/session')).json()).person?.email)
  console.log(await email.jsonValue())
} finally {
  await browser.close()
  process.exit()
}
