// The mails of every rule as their readers meet them: the HTML part in a browser, the text part as a terminal has it, and the call
// sheet that goes with the roster beside the page's own paper.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { build, closePage, DESK, look, openPage, PHONE, signIn, startWorld, visit } from './support.mjs'

let stack
let mails
before(async () => {
  stack = await startWorld('mail_world')
  mails = (await stack.ask({ mails: '' })).mails.map((mail) => ({ ...mail, rule: stack.rules[mail.id] ?? '' }))
}, { timeout: 900_000 })
after(() => stack?.close())

const RULES = ['SESSION_DAY_BEFORE', 'SESSION_SOON', 'SESSION_CHANGED', 'SESSION_CANCELLED', 'DAY_ROSTER', 'ATTENDANCE_UNMARKED', 'CASES_WAITING',
  'AGREEMENT_7_DAYS', 'SESSIONS_MISSED', 'WEEKLY_DIGEST', 'SUMMARY', 'TEST_MAIL']
const mailOf = (rule, language) => {
  const found = mails.filter((mail) => mail.rule === rule && mail.language === language)
  assert.ok(found.length > 0, `no mail of ${rule} in ${language}`)
  // Of several the longest has the most to go wrong.
  return found.reduce((one, other) => (other.text.length > one.text.length ? other : one))
}

for (const language of ['id', 'en']) {
  test(`every mail in ${language} is understood at a glance, on a desk, on a phone and in the dark`, async () => {
    const page = await openPage(stack, { javaScriptEnabled: true })
    for (const rule of RULES) {
      const { html, subject } = mailOf(rule, language)
      for (const [name, size, colorScheme] of [['', DESK, 'light'], ['-phone', PHONE, 'light'], ['-dark', PHONE, 'dark']]) {
        await page.emulateMedia({ colorScheme })
        await page.setViewportSize(size)
        await page.setContent(html)
        assert.equal(await page.locator('h1').innerText(), subject)
        await look(page, `mail-${rule.toLowerCase()}-${language}${name}`)
      }
    }
    await closePage(page)
  })
}

test('every mail reads in a terminal, and says no more than it should', () => {
  for (const language of ['id', 'en']) {
    for (const rule of RULES) {
      const text = mailOf(rule, language).text.replaceAll('\r', '')
      const long = text.split('\n').filter((line) => [...line].length > 78 && / /.test(line.slice(0, 78).trim()))
      assert.deepEqual(long, [], `${rule} in ${language}`)
      assert.match(text, /\n-- \n/)
      assert.match(text, language === 'id' ? /Dikirim otomatis/ : /Sent automatically/)
      assert.doesNotMatch(text, /\{\{|undefined|null/)
    }
  }
  const names = ['Hendra Baru', 'Bayu Setiawan', 'Eko Waskito', 'Fajar Menunggu', 'Abdurrahman', 'Elias', 'عبد', 'Gilang', 'Candra']
  for (const { text, html, subject, rule } of mails) {
    for (const name of names) assert.ok(!`${subject} ${text} ${html}`.includes(name), `${name} is named in a mail of ${rule}`)
  }
})

// As pdftotext has it in the order of drawing, without what each page begins and ends with.
const wordsOf = (path) => execFileSync('pdftotext', ['-raw', path, '-'], { encoding: 'utf8' }).normalize('NFKC').replace(/[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '')
// A word may be broken where its column ends, and what goes from right to left comes out in either direction.
const lettersOf = (name) => (/\p{Script=Arabic}/u.test(name) ? [...name].sort().join('') : name).replaceAll(' ', '')
/** [block, time, who, register number, where and with whom], row by row. */
function rowsOf(path) {
  const rows = []
  let block = ''
  const text = wordsOf(path).replace(/\s+/g, ' ')
  for (const [, heading, time, who, number, where] of text.matchAll(
    /(Blok .+? · \d+ orang)|(\d\d\.\d\d–\d\d\.\d\d) (.+?) ((?:B\.I|J) [\w/.]+) (.+?)(?= \d\d\.\d\d–| Blok | Tambahan| Pulih | Daftar panggil)/g)) {
    if (heading) block = heading
    else rows.push([block, time, lettersOf(who), number, where.replaceAll(' ', '')])
  }
  return rows
}

test('the call sheet that comes with the roster is the one that the page prints', async () => {
  const roster = mails.filter(({ rule, to }) => rule === 'DAY_ROSTER' && to === 'budi@example.org')
  const friday = roster.find(({ files }) => files['daftar-panggil-2026-03-06.pdf'])
  assert.ok(friday, `rosters with ${roster.map(({ files }) => Object.keys(files))}`)
  const mailed = join(build, 'screenshots/call-sheet-mailed.pdf')
  writeFileSync(mailed, Buffer.from(friday.files['daftar-panggil-2026-03-06.pdf'], 'base64'))
  const page = await signIn(stack, 'budi')
  await visit(page, '/officer/call-sheet/2026-03-06')
  const printed = join(build, 'screenshots/call-sheet-printed.pdf')
  writeFileSync(printed, await page.pdf({ preferCSSPageSize: true }))
  for (const path of [mailed, printed]) execFileSync('pdftoppm', ['-r', '70', '-png', path, path.replace('.pdf', '')])
  const rows = rowsOf(mailed)
  assert.ok(rows.length >= 8, `${rows.length} rows`)
  assert.deepEqual(rows, rowsOf(printed))
  for (const path of [mailed, printed]) {
    for (const words of ['Daftar panggil · Jumat, 6 Maret 2026 · WIB', 'Lapas Kelas IIA Banyuwangi · Yayasan Contoh', 'Mode latihan', 'Tambahan', 'Catatan petugas']) {
      assert.ok(wordsOf(path).includes(words), `${words} in ${path}`)
    }
  }
  await closePage(page)
})

test('only officers of that prison get names on paper', () => {
  const withNames = mails.filter(({ files }) => Object.keys(files).length > 0)
  assert.deepEqual([...new Set(withNames.map(({ rule }) => rule))], ['DAY_ROSTER'])
  assert.ok(withNames.some(({ to, files }) => to === 'eva@example.org' && files['call-sheet-2026-03-06.pdf']), 'in English for who reads English')
  for (const { to } of withNames) assert.match(to, /^(budi|eva|yan|andi)@/)
})
