// What tests in a browser share: the stack, a browser, somebody who signs in, and a look at a page.
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { chromium } from 'playwright-core'

export const root = resolve(new URL('.', import.meta.url).pathname, '../..')
export const build = process.env.PULIH_BUILD ?? join(root, 'build')
const axe = readFileSync(join(root, 'node_modules/axe-core/axe.min.js'), 'utf8')
const pictures = join(build, 'screenshots')
mkdirSync(pictures, { recursive: true })

export const PHONE = { width: 360, height: 740 }
export const DESK = { width: 1100, height: 900 }
// 1,280 px at 400 %.
const ENLARGED = { width: 320, height: 256 }

/** Starts the stack, has `name`.py fill it (bridge.py), and a browser. Gives what that tells, and ways to act on it. `options`
 * are those of every page that is opened. */
export async function startWorld(name, options = {}) {
  const child = spawn('/usr/bin/python3', [join(root, 'tests/browser/bridge.py'), name],
    { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, PULIH_BUILD: build } })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const read = async () => {
    const { value, done } = await lines.next()
    if (done) throw new Error('the stack ended')
    return JSON.parse(value)
  }
  const [facts, browser] = await Promise.all([
    read(), chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] }),
  ])
  let last = Promise.resolve()
  // One at a time, in order.
  const ask = (line) => (last = last.then(() => {
    child.stdin.write(`${JSON.stringify(line)}\n`)
    return read()
  }))
  return {
    ...facts, browser, options, ask,
    call: (who, method, request = {}) => ask({ who, method, request }),
    /** What came to somebody, once it is so many mails. */
    async mails(who, count) {
      for (let tries = 0; ; tries++) {
        const { mails } = await ask({ mails: who })
        if (mails.length >= count || tries === 600) return mails
        await new Promise((done) => setTimeout(done, 100))
      }
    },
    async close() {
      await browser.close()
      const ended = new Promise((done) => child.once('exit', done))
      child.stdin.end()
      await ended
    },
  }
}

// Milliseconds that each call takes longer, give or take half: what doesn't wait for what it needs fails then.
const latency = Number(process.env.PULIH_LATENCY ?? 0)

/** A page of a fresh browser profile, at the stack's time; what it complains of is remembered in `page.complaints`. */
export async function openPage(world, { language = 'id', ...options } = {}) {
  const context = await world.browser.newContext({
    viewport: DESK, baseURL: world.url, locale: 'id-ID', timezoneId: 'Asia/Jakarta', ...world.options, ...options,
  })
  await context.addInitScript((kept) => { if (!localStorage.getItem('language')) localStorage.setItem('language', kept) }, language)
  if (latency) {
    await context.route(/\.v1\.\w+\/\w+/, async (route) => {
      await new Promise((done) => setTimeout(done, latency * (0.5 + Math.random())))
      await route.fallback().catch(() => {})
    })
  }
  const page = await context.newPage()
  page.setDefaultTimeout(60_000)
  page.complaints = []
  page.on('pageerror', (error) => page.complaints.push(String(error.stack ?? error)))
  page.on('console', (message) => {
    // A refused call, a lost line and a stream that ends are the page's to tell, and are told.
    if (message.type() === 'error' && !/Failed to load resource|EventSource/.test(message.text())) page.complaints.push(message.text())
  })
  await page.clock.install({ time: world.now })
  return page
}

export async function signIn(world, who, options) {
  const page = await openPage(world, options)
  await page.goto('/')
  await fillSignIn(world, page, who)
  await page.waitForSelector('.page-navigation a')
  return page
}

export async function fillSignIn(world, page, who) {
  await page.fill('#email', `${who}@example.org`)
  await page.fill('#password', world.password)
  await page.click('form button[type=submit]')
}

/** Until everything that the page reads is there. */
export async function settle(page) {
  await page.waitForFunction(() => document.querySelector('h1') && !document.querySelector('.page-loading, .page-opening'))
}

export async function visit(page, path) {
  await page.goto(path)
  await settle(page)
}

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']

/** No rule of WCAG is broken, nothing is wider than the screen; and a picture of it is kept for people to look at. */
export async function look(page, name) {
  await settle(page)
  await page.evaluate(() => document.activeElement === document.body || document.activeElement?.blur?.())
  await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true })
  // Not by a script tag, which the page's own policy refuses.
  await page.evaluate(axe)
  const { violations } = await page.evaluate((tags) => window.axe.run(document, { runOnly: tags }), RULES)
  assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join(' | ')}`), [], name)
  await fits(page, name)
}

async function fits(page, name) {
  const { wide, width } = await page.evaluate(() => ({ wide: document.documentElement.scrollWidth, width: innerWidth }))
  assert.ok(wide <= width, `${name} is ${wide} px wide on a screen of ${width}`)
}

/** On a desk, at the width of a phone, and as wide as a desk is at 400 %; then it is as wide as `after` again. */
export async function lookTwice(page, name, after = DESK) {
  await page.setViewportSize(DESK)
  await look(page, name)
  await page.setViewportSize(PHONE)
  await look(page, `${name}-phone`)
  await page.setViewportSize(ENLARGED)
  await fits(page, name)
  await page.setViewportSize(after)
}

/** Ends the page's profile, and fails with what it complained of. */
export async function closePage(page) {
  await page.context().close()
  assert.deepEqual(page.complaints, [])
}

/** Everything that stays in the browser, as one text: storages, databases, caches. */
export const browserKeeps = (page) => page.evaluate(async () => {
  const found = [JSON.stringify({ ...localStorage }), JSON.stringify({ ...sessionStorage }), document.cookie]
  for (const { name } of await indexedDB.databases()) {
    const database = await new Promise((done, failed) => {
      const asked = indexedDB.open(name)
      asked.onsuccess = () => done(asked.result)
      asked.onerror = failed
    })
    for (const shelf of database.objectStoreNames) {
      found.push(JSON.stringify(await new Promise((done) => {
        const asked = database.transaction(shelf).objectStore(shelf).getAll()
        asked.onsuccess = () => done(asked.result)
      })))
    }
    database.close()
  }
  for (const name of await caches.keys()) {
    const cache = await caches.open(name)
    for (const request of await cache.keys()) found.push(request.url, await (await cache.match(request)).text())
  }
  return found.join('\n')
})

// What shows that something has the focus; a box or a dot to tick is drawn beside its input.
const markOf = (target) => target.evaluate((element) => {
  const drawn = element.matches('.govuk-radios__input, .govuk-checkboxes__input') ? getComputedStyle(element.nextElementSibling, '::before') : getComputedStyle(element)
  return ['outline', 'boxShadow', 'backgroundColor', 'borderColor', 'color'].map((name) => drawn[name]).join()
})

/** Presses Tab until `target` has the focus, as somebody without a mouse gets there; it must show, in sight and not covered. */
export async function tabTo(page, target) {
  const has = () => target.evaluate((element) => element === document.activeElement)
  await target.waitFor()
  if (await has()) return
  const before = await markOf(target)
  for (let pressed = 0; !await has(); pressed++) {
    assert.ok(pressed < 150, `${target} is out of the keyboard's reach`)
    await page.keyboard.press('Tab')
  }
  assert.notEqual(await markOf(target), before, `${target} doesn't show that it has the focus`)
  const seen = await target.evaluate((element) => {
    const [box] = element.getClientRects()
    const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2)
    return Boolean(top) && (element.contains(top) || top.closest('label')?.control === element)
  })
  assert.ok(seen, `${target} has the focus out of sight`)
}

/** Holds back the calls that `of` (a part of an address) matches; what it gives lets them go and waits until the page has their answers. */
export async function holdBack(page, of) {
  let letGo
  const free = new Promise((done) => { letGo = done })
  await page.route(of, (route) => free.then(() => route.fallback()))
  const answered = page.waitForResponse(of).then((answer) => answer.finished())
  return async () => {
    letGo()
    await answered
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done))))
  }
}

export async function press(page, target, key = 'Enter') {
  await tabTo(page, target)
  await page.keyboard.press(key)
}

/** Until the focus is on `target`. */
export async function focusComes(page, target) {
  await target.and(page.locator(':focus')).waitFor().catch(async () =>
    assert.fail(`the focus is on ${await page.evaluate(() => document.activeElement.outerHTML.slice(0, 120))}, not on ${target}`))
}

/** The page on paper: the text of each sheet; the sheets are kept as pictures too. */
export async function printed(page, name) {
  const pdf = join(pictures, `${name}.pdf`)
  writeFileSync(pdf, await page.pdf({ preferCSSPageSize: true }))
  execFileSync('pdftoppm', ['-r', '70', '-png', pdf, join(pictures, name)])
  return execFileSync('pdftotext', ['-layout', pdf, '-'], { encoding: 'utf8' }).split('\f').filter((sheet) => sheet.trim())
}
