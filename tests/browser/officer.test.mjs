// An officer's day, start to end, as it is lived: in both languages, by mouse and by keys, on a phone, on paper, with a bad line.
import assert from 'node:assert/strict'
import { availableParallelism, loadavg } from 'node:os'
import { after, before, test } from 'node:test'
import { closePage, fillSignIn, focusComes, lookTwice as look, openPage, printed, settle, signIn, startWorld, visit } from './support.mjs'

let world
// On a machine that is set to be elsewhere: times are the prison's all the same.
before(async () => { world = await startWorld('officer_world', { locale: 'de-DE', timezoneId: 'America/New_York' }) }, { timeout: 600_000 })
after(() => world?.close())

const text = (page, selector = 'main') => page.locator(selector).innerText()
const call = (...asked) => world.call(...asked)
const sessionsOf = async () => (await call('budi', 'GetDay', { prisonId: world.ids.banyuwangi, day: { year: 2026, month: 11, day: 24 } })).sessions
// The day's session that has taken place and isn't recorded.
const unrecorded = async () => (await sessionsOf()).find((session) => session.component === 'COMPONENT_VOCATIONAL').sessionId

test('a stranger sees the door, and a wrong password is told at its field', async () => {
  const page = await openPage(world)
  await page.goto(`${world.url}/officer/people`)
  await settle(page)
  await look(page, 'sign-in')
  await page.click('form button[type=submit]')
  assert.match(await text(page, '.govuk-error-summary'), /Isi alamat surel/)
  await focusComes(page, page.locator('.govuk-error-summary'))
  await look(page, 'sign-in-errors')
  await page.click('.govuk-error-summary a')
  await focusComes(page, page.locator('#email'))
  await page.fill('#email', 'budi@example.org')
  await page.fill('#password', 'bukan ini')
  await page.click('form button[type=submit]')
  await page.getByText('Alamat surel atau kata sandi salah.').first().waitFor()
  await fillSignIn(world, page, 'budi')
  await page.waitForSelector('.page-navigation a')
  assert.equal(new URL(page.url()).pathname, '/officer/people', 'one comes where one wanted to go')
  await closePage(page)
})

test('one signs in also where the script that asks early comes late', async () => {
  const page = await openPage(world)
  let here
  const shown = new Promise((done) => { here = done })
  await page.route('**/assets/opening-*.js', (route) => shown.then(() => route.continue()))
  await page.goto('/', { waitUntil: 'commit' })
  await page.waitForSelector('#email')
  const came = page.waitForResponse('**/assets/opening-*.js').then((answer) => answer.finished())
  here()
  await came
  await page.waitForLoadState()
  await fillSignIn(world, page, 'budi')
  await page.waitForSelector('.page-navigation a')
  await closePage(page)
})

for (const language of ['id', 'en']) {
  test(`every page of the officer can be read and used by all, in ${language}`, async () => {
    const page = await signIn(world, 'budi', { language })
    const { sessions: past = [] } = await call('budi', 'ListSessions', { prisonId: world.ids.banyuwangi, untilTime: '2026-11-12T00:00:00Z', pageSize: 1 })
    const { participants } = await call('budi', 'ListParticipants', { prisonId: world.ids.banyuwangi, search: 'Raden Mas' })
    const person = participants[0].id
    for (const [name, path] of [
      ['today', '/officer/today'], ['empty-day', '/officer/days/2026-11-22'], ['call-sheet', '/officer/call-sheet'], ['unmarked', '/officer/sessions'],
      ['roll', `/officer/sessions/${await unrecorded()}`], ['roll-old', `/officer/sessions/${past[0].id}`],
      ['correct', `/officer/sessions/${past[0].id}/correct/${past[0].participants[0].participantId}`],
      ['referrals', '/officer/referrals'], ['referral', `/officer/referrals/${person}`], ['paper', `/officer/referrals/${person}/papers/PRISON_DECREE`],
      ['consent', `/officer/referrals/${person}/consent`], ['check', `/officer/referrals/${person}/check`], ['changes', '/officer/changes'],
      ['close-day', '/officer/changes/close'], ['people', '/officer/people'], ['person', `/officer/people/${person}`],
      ['release', `/officer/people/${person}/release`], ['consents', `/officer/people/${person}/consents`],
      ['consent-withdraw', `/officer/people/${person}/consents/TREATMENT`], ['consent-give', `/officer/people/${person}/consents/RESEARCH`],
      ['person-edit', `/officer/people/${person}/edit`], ['person-new', '/officer/people/new'], ['missing', '/coordinator'], ['waiting', '/waiting'], ['sign-out', '/sign-out'],
    ]) {
      await visit(page, path)
      await look(page, `officer-${name}-${language}`)
      assert.doesNotMatch(await page.title(), /dibobol/, `${name}: text was run as a script`)
      assert.doesNotMatch(await page.title(), /Raden/, `${name}: the title names nobody`)
      assert.doesNotMatch(await text(page), /officer\.|consent\.|release\.|custody\.|undefined|\{\w+\}/, name)
    }
    await closePage(page)
  })
}

test('who is released is recorded by the officer, and what they agree to', async () => {
  const id = '019cb000-0000-7000-8000-000000000001'
  await call('budi', 'CreateParticipant', { id, prisonId: world.ids.banyuwangi, registerNumber: 'B.I 999/2026', name: 'Wiwid' })
  const page = await signIn(world, 'budi')
  await visit(page, `/officer/people/${id}`)
  await page.getByText('Belum ada persetujuan').waitFor()
  await page.getByRole('link', { name: 'Ubah Persetujuan' }).click()
  await page.getByRole('link', { name: 'Catat persetujuan Menghubungi keluarga' }).click()
  await page.getByText('menghubungi keluarga saya dan saya sendiri').waitFor()
  await page.getByRole('button', { name: 'Catat persetujuan' }).dblclick()
  await page.getByText('Sudah dicatat').waitFor()
  await visit(page, `/officer/people/${id}`)
  await page.getByText('24 November 2026, disaksikan Budi Santoso').waitFor()
  await page.getByRole('link', { name: 'Catat pembebasan' }).click()
  await page.getByRole('button', { name: 'Lanjutkan' }).click()
  await page.getByText('Tidak ada kasus yang berubah.').waitFor()
  await look(page, 'officer-release-check')
  await page.getByRole('button', { name: 'Ya, catat pembebasan' }).dblclick()
  await page.getByText('Sudah bebas pada 24 November 2026.').waitFor()
  assert.equal(await page.getByRole('link', { name: 'Catat pembebasan' }).count(), 0)
  await closePage(page)
  const head = await signIn(world, 'kepala')
  await visit(head, `/officer/people/${id}/consents`)
  await head.getByText('24 November 2026, disaksikan Budi Santoso').first().waitFor()
  assert.equal(await head.getByRole('link', { name: /persetujuan/ }).count(), 0, 'who reads records nothing')
  await visit(head, `/officer/people/${id}/release`)
  await head.getByText('Halaman tidak ditemukan').waitFor()
  await closePage(head)
})

test('the day looks as it shall before the styles of the other pages are here', async () => {
  const page = await signIn(world, 'budi')
  const counted = page.waitForResponse(/CountMyUnreadNotices/).then((answer) => answer.finished())
  await page.goto('/officer/today')
  await page.waitForSelector('a[href^="/officer/sessions/"]')
  await counted
  await settle(page)
  const styles = () => page.locator('link[rel=stylesheet]').count()
  assert.equal(await styles(), 1, 'the day waits for no more')
  const alone = await page.screenshot({ fullPage: true })
  const [, rest] = await page.evaluate(async () => {
    const opening = [...document.scripts].find(({ src }) => src.includes('opening')).src
    return (await (await fetch(opening)).text()).match(/"(\/assets\/rest-\w+\.css)"/)
  })
  await page.addStyleTag({ url: rest })
  assert.equal(await styles(), 2)
  assert.ok(alone.equals(await page.screenshot({ fullPage: true })), 'the rest changes nothing of it')
  await closePage(page)
})

// 100 kbit/s, and a processor of a sixth of this one's speed. Five seconds and one and a half are asked for, and told, the best of
// three; machines differ, so what fails is twice as much where this one is idle. The bytes that the line must carry before the
// day is seen count always.
const LINE = { offline: false, latency: 40, downloadThroughput: 100_000 / 8, uploadThroughput: 100_000 / 8 }
test('on a slow machine with a slow line the day is there in seconds, and the next time at once', async (context) => {
  const best = { cold: Infinity, warm: Infinity }
  let bytes = 0
  for (let tries = 0; tries < 3 && (best.cold > 5000 || best.warm > 1500); tries++) {
    const page = await openPage(world)
    const signedIn = await page.context().request.post(`${world.url}/session`, {
      headers: { 'Sec-Fetch-Site': 'same-origin' }, data: { email: 'budi@example.org', password: world.password },
    })
    assert.equal(signedIn.status(), 200)
    const slow = await page.context().newCDPSession(page)
    await slow.send('Network.enable')
    await slow.send('Network.emulateNetworkConditions', LINE)
    await slow.send('Emulation.setCPUThrottlingRate', { rate: 6 })
    for (const visited of ['cold', 'warm']) {
      let carried = 0
      slow.on('Network.loadingFinished', ({ encodedDataLength }) => { carried += encodedDataLength })
      const begin = Date.now()
      await page.goto('/officer/today', { waitUntil: 'commit' })
      await page.waitForSelector('a[href^="/officer/sessions/"]')
      best[visited] = Math.min(best[visited], Date.now() - begin)
      if (visited === 'cold') bytes = carried
      await settle(page)
      await page.clock.runFor(6000)
      await page.evaluate(() => navigator.serviceWorker.ready)
    }
    await closePage(page)
  }
  const busy = loadavg()[0] / availableParallelism()
  context.diagnostic(`cold ${best.cold} ms (asked 5000) with ${bytes} bytes, warm ${best.warm} ms (asked 1500); ${busy.toFixed(1)} processes a core`)
  assert.ok(bytes > 20_000 && bytes <= 40_000, `${bytes} bytes until the day is seen`)
  if (busy > 1) return
  assert.ok(best.cold <= 10_000, `it took ${best.cold} ms`)
  assert.ok(best.warm <= 3000, `it took ${best.warm} ms from what is kept`)
})

test('attendance is recorded, undone, corrected, and the correction stays in sight', async () => {
  const page = await signIn(world, 'budi')
  const id = await unrecorded()
  await visit(page, '/officer/today')
  await page.getByRole('link', { name: /Catat hadir Pelatihan/ }).click()
  await settle(page)
  assert.match(await text(page, '.page-sticky'), /0 hadir · 0 tidak hadir · 9 belum dicatat/)
  await page.getByRole('button', { name: 'Semua hadir' }).click()
  assert.match(await text(page, '.page-sticky'), /9 hadir/)
  await page.getByRole('button', { name: 'Urungkan' }).click()
  assert.match(await text(page, '.page-sticky'), /9 belum dicatat/)
  await page.getByRole('button', { name: 'Semua hadir' }).click()
  await page.locator('.roll__row').nth(1).getByRole('radio', { name: 'Tidak' }).check()
  await page.getByRole('button', { name: /Simpan/ }).click()
  assert.match(await text(page, '.govuk-error-summary'), /Pilih alasan/)
  await page.locator('.roll__row').nth(1).locator('select').selectOption('ATTENDANCE_MARK_SICK')
  await page.locator('.roll__row').nth(2).getByText('Terlambat').click()
  await look(page, 'officer-roll-filled')
  // Twice at once: it is sent once.
  let sent = 0
  page.on('request', (request) => { if (request.url().endsWith('/RecordAttendance')) sent++ })
  await page.getByRole('button', { name: /Simpan/ }).dblclick()
  await page.getByText('Kehadiran tersimpan dan terkirim').waitFor()
  assert.equal(sent, 1, 'a double click sends once')
  const roll = await call('budi', 'GetRoll', { sessionId: id })
  const marks = roll.entries.map(({ mark }) => mark.replace('ATTENDANCE_MARK_', ''))
  assert.deepEqual(marks.slice(0, 4), ['ATTENDED', 'SICK', 'LATE', 'ATTENDED'])
  await page.locator('.roll__row').nth(1).getByRole('radio', { name: 'Hadir' }).check()
  await page.getByRole('button', { name: 'Simpan 1 catatan' }).click()
  await page.locator('.roll__history li').first().waitFor()
  assert.match(await text(page, '.roll__history'), /Sakit → Hadir/)
  await look(page, 'officer-roll-amended')
  await page.goBack()
  await settle(page)
  assert.match(await text(page), /9\/9 hadir/)
  await closePage(page)
})

test('a session of another day asks why it is recorded late', async () => {
  const page = await signIn(world, 'budi')
  const { sessions } = await call('budi', 'ListUnmarkedSessions', { prisonId: world.ids.banyuwangi })
  const late = sessions?.[0]?.sessionId
  if (late) {
    await visit(page, `/officer/sessions/${late}`)
    await page.getByRole('button', { name: 'Semua hadir' }).click()
    await page.getByRole('button', { name: /Simpan/ }).click()
    assert.match(await text(page, '.govuk-error-summary'), /Isi mengapa baru dicatat sekarang/)
    await page.fill('#lateReason', 'Lembar kertas baru diterima')
    await page.getByRole('button', { name: /Simpan/ }).click()
    await page.getByText('Kehadiran tersimpan dan terkirim').waitFor()
    await page.getByText('terlambat dicatat: Lembar kertas baru diterima').first().waitFor()
  }
  await closePage(page)
})

test('without a line what is saved stays here, opens again, and is sent once when the line is back', async () => {
  const page = await signIn(world, 'budi')
  const id = await unrecorded()
  await visit(page, '/officer/today')
  await visit(page, `/officer/sessions/${id}`)
  await page.waitForFunction(() => navigator.serviceWorker.controller || navigator.serviceWorker.ready)
  await page.reload()
  await settle(page)
  await page.context().setOffline(true)
  await page.locator('.roll__row').nth(0).getByRole('radio', { name: 'Tidak' }).check()
  await page.locator('.roll__row').nth(0).locator('select').selectOption('ATTENDANCE_MARK_CLASH')
  await page.getByRole('button', { name: /Simpan/ }).click()
  await page.getByText('Tersimpan di sini. Dikirim begitu tersambung lagi.').waitFor()
  await page.locator('.page-line').getByText('1 tersimpan di sini, belum terkirim').waitFor()
  await look(page, 'officer-roll-offline')
  await page.reload()
  await settle(page)
  // It opens without a line.
  await page.locator('.roll__row').getByText('Tersimpan di sini').waitFor()
  await visit(page, '/waiting')
  await look(page, 'officer-waiting-offline')
  await page.context().setOffline(false)
  await page.getByText('Semua sudah terkirim.').waitFor()
  const roll = await call('budi', 'GetRoll', { sessionId: id })
  assert.equal(roll.entries[0].mark, 'ATTENDANCE_MARK_CLASH')
  await closePage(page)
})

test('a line cut in the middle of saving saves once', async () => {
  const page = await signIn(world, 'budi')
  const id = await unrecorded()
  await visit(page, `/officer/sessions/${id}`)
  const before = (await call('budi', 'ListAttendanceHistory', { sessionId: id })).entries.length
  let cut = 0
  // It arrives, its answer doesn't.
  await page.route('**/RecordAttendance', async (route) => {
    if (cut++ > 0) return route.continue()
    await route.fetch()
    await route.abort('connectionreset')
  })
  await page.locator('.roll__row').nth(3).getByRole('radio', { name: 'Tidak' }).check()
  await page.locator('.roll__row').nth(3).locator('select').selectOption('ATTENDANCE_MARK_EXCUSED')
  await page.getByRole('button', { name: /Simpan/ }).click()
  await page.getByText('Kehadiran tersimpan dan terkirim').waitFor()
  const after = (await call('budi', 'ListAttendanceHistory', { sessionId: id })).entries.length
  assert.deepEqual([cut, after - before], [2, 1], 'sent twice, one new value')
  await closePage(page)
})

test('a referral is made by keyboard alone, task by task', async () => {
  const page = await signIn(world, 'budi')
  const follow = async (name) => {
    await page.getByRole('link', { name }).first().focus()
    await page.keyboard.press('Enter')
    await settle(page)
  }
  const { participants } = await call('budi', 'ListParticipants', { prisonId: world.ids.banyuwangi, pageSize: 40 })
  const person = participants[35]
  await visit(page, '/officer/referrals')
  await page.focus('#search')
  await page.keyboard.type(person.registerNumber)
  await page.keyboard.press('Enter')
  await follow(person.name)
  for (const [task, number] of [['Asesmen', 'TAT-17/2026'], ['SK Kalapas', 'W15-PK.01-77'], ['Rekam medis', 'RM 12']]) {
    await follow(new RegExp(`^${task}`))
    await page.focus('#number')
    for (const typed of [number, '3', '11', '2026', 'Lapas Banyuwangi']) {
      await page.keyboard.type(typed)
      await page.keyboard.press('Tab')
    }
    await page.keyboard.press('Enter')
    await page.waitForURL(/referrals\/[^/]+$/)
    await settle(page)
  }
  await follow(/^Persetujuan/)
  await page.focus('#agreed')
  await page.keyboard.press('Space')
  await page.locator('form button[type=submit]').focus()
  await page.keyboard.press('Enter')
  await page.waitForURL(/referrals\/[^/]+$/)
  await settle(page)
  await look(page, 'officer-referral-done')
  await follow('Periksa jawaban')
  await look(page, 'officer-check-filled')
  await page.locator('form button[type=submit]').focus()
  await page.keyboard.press('Enter')
  await page.getByText('sudah didaftarkan').waitFor()
  await look(page, 'officer-referral-sent')
  const { rows } = await call('budi', 'ListEnrollments', { participantId: person.id })
  assert.deepEqual(rows.map(({ enrollment }) => enrollment.status), ['ENROLLMENT_STATUS_REFERRED'])
  await closePage(page)
})

test('a whole day is cancelled and opened again, beside the hours of the week that are closed', async () => {
  const hours = { id: '019cb000-0000-7000-8000-000000000021', prisonId: world.ids.banyuwangi, name: 'Kebaktian', weekdays: [7], fromTime: '05:00', untilTime: '06:30' }
  assert.equal((await call('budi', 'CreateClosedHours', { ...hours, firstDay: { year: 2026, month: 11, day: 24 } })).error, undefined)
  const page = await signIn(world, 'budi')
  await visit(page, '/officer/changes')
  await page.getByRole('listitem').filter({ hasText: 'Kebaktian' }).getByText('Minggu, 05.00–06.30').waitFor()
  await page.getByRole('link', { name: 'Batalkan satu hari penuh' }).click()
  await page.getByText('Lockdown', { exact: true }).click()
  for (const [part, value] of [['first', '25'], ['first-month', '11'], ['first-year', '2026']]) await page.fill(`#${part}`, value)
  await page.fill('#note', 'Razia gabungan')
  await page.getByRole('button', { name: 'Lanjutkan' }).click()
  await page.getByText(/1 sesi akan dibatalkan/).waitFor()
  await look(page, 'officer-close-check')
  await page.getByRole('button', { name: 'Batalkan hari ini' }).dblclick()
  await page.getByText('Hari itu sudah dibatalkan').waitFor()
  await page.getByRole('link', { name: 'Perubahan' }).last().click()
  await settle(page)
  await page.getByText('Razia gabungan').first().waitFor()
  await look(page, 'officer-changes-closed')
  await page.getByRole('link', { name: /Buka lagi/ }).click()
  await page.getByRole('button', { name: 'Buka lagi hari ini' }).click()
  await page.getByText('1 sesi diadakan lagi').waitFor()
  await look(page, 'officer-open-done')
  await closePage(page)
})

test('the call sheet is a paper that one is glad to hold', async () => {
  const page = await signIn(world, 'budi')
  await visit(page, '/officer/call-sheet')
  const pages = await printed(page, 'call-sheet')
  const paper = pages.join('\f')
  for (const [index, one] of pages.entries()) {
    assert.match(one, /Daftar panggil · Selasa, 24 November 2026 · WIB/, `page ${index + 1} has the header`)
    assert.match(one, /Dicetak 24 Nov 2026, 16.3\d WIB oleh Budi Santoso/)
    assert.match(one, new RegExp(`${index + 1}\\s*/\\s*${pages.length}`))
    assert.match(one, /Mode latihan/)
  }
  // The column is narrow: the words may go on in its next line.
  assert.match(paper, /Dibatalkan: Konselor\s+berhalangan\s+\(Sakit\)/)
  assert.match(paper, /Catatan petugas/)
  assert.match(paper, /Tanda tangan/)
  assert.doesNotMatch(paper, /Keluar|Cetak\n/)
  await closePage(page)
})

test('the head of the prison reads all of it and writes nothing but the days that are closed', async () => {
  const page = await signIn(world, 'kepala')
  const id = await unrecorded()
  const { participants } = await call('kepala', 'ListParticipants', { prisonId: world.ids.banyuwangi, pageSize: 1 })
  const person = participants[0].id
  const reads = ['/officer/today', '/officer/call-sheet', '/officer/sessions', `/officer/sessions/${id}`, '/officer/referrals', '/officer/changes', '/officer/people', `/officer/people/${person}`]
  for (const path of reads) {
    await visit(page, path)
    const buttons = await page.locator('main').locator('button, input[type=radio], a.govuk-button').allInnerTexts()
    const allowed = { '/officer/call-sheet': ['Cetak'], '/officer/changes': ['Batalkan satu hari penuh'], '/officer/people': ['Cari'], '/officer/today': ['Cetak daftar panggil'] }
    assert.deepEqual(buttons.filter((text) => !/Berikutnya/.test(text)), allowed[path] ?? [], path)
    assert.ok((await text(page)).length > 40, path)
  }
  await look(page, 'officer-head-person')
  await page.getByRole('link', { name: 'Laporan bulanan' }).click()
  await page.getByRole('heading', { level: 1, name: /Laporan bulanan: November 2026/ }).waitFor()
  await look(page, 'officer-head-report')
  const sheets = await printed(page, 'officer-head-report-paper')
  assert.match(sheets[0], /Lapas Kelas IIA Banyuwangi\s+Laporan bulanan: November 2026/)
  assert.match(sheets.at(-1), /oleh\s+Hadi Kepala\s+Mengetahui/)
  assert.doesNotMatch(sheets.join(), /Keluar|Kembali|Unduh|Cetak atau|Hari ini/)
  for (const path of ['/officer/people/new', `/officer/people/${person}/edit`, `/officer/referrals/${person}`, `/officer/referrals/${person}/papers/ASSESSMENT`,
    `/officer/referrals/${person}/consent`, `/officer/referrals/${person}/check`, `/officer/sessions/${id}/correct/${person}`]) {
    await visit(page, path)
    await page.getByRole('heading', { level: 1, name: 'Halaman tidak ditemukan' }).waitFor()
  }
  for (const [method, request] of [['CreateParticipant', { prisonId: world.ids.banyuwangi, name: 'Iwan', registerNumber: 'B.I 1/2026' }], ['UpdateParticipant', { id: person, version: 1, name: 'Iwan' }],
    ['RecordAttendance', { sessionId: id, marks: [{ participantId: person, mark: 'ATTENDANCE_MARK_SICK' }] }],
    ['CreateReferral', { participantId: person }], ['GiveConsent', { participantId: person }], ['RecordReferralDocument', { participantId: person }]]) {
    assert.deepEqual(await call('kepala', method, request), { error: 'NOT_ALLOWED' }, method)
  }
  await closePage(page)
})

test('Back in the middle of a form keeps what is typed, and never leads back to what was sent', async () => {
  const page = await signIn(world, 'budi')
  await visit(page, '/officer/people')
  await page.getByRole('link', { name: 'Tambah warga binaan' }).click()
  await page.fill('#name', 'Suroso Kembali')
  await page.goBack()
  await page.waitForURL('**/officer/people')
  await page.goForward()
  await page.locator('#name').waitFor()
  await page.waitForFunction(() => document.querySelector('#name').value)
  assert.equal(await page.inputValue('#name'), 'Suroso Kembali')
  await page.fill('#registerNumber', 'B.I 900/2026')
  await page.getByRole('button', { name: 'Simpan' }).click()
  await page.getByText('Data tersimpan.').waitFor()
  await page.goBack()
  await page.waitForURL('**/officer/people')
  const { participants } = await call('budi', 'ListParticipants', { prisonId: world.ids.banyuwangi, search: 'Suroso Kembali' })
  assert.equal(participants.length, 1)
  await closePage(page)
})

test('a session that runs out while one types is warned of, and nothing typed is lost', async () => {
  const page = await signIn(world, 'budi')
  await visit(page, '/officer/people/new')
  await page.fill('#name', 'Suroso')
  await page.clock.fastForward('59:00')
  await page.locator('.page-dialog[open]').waitFor()
  await look(page, 'session-warning')
  await page.getByRole('button', { name: 'Tetap masuk' }).click()
  await page.locator('.page-dialog[open]').waitFor({ state: 'detached' })
  await page.fill('#block', 'C3')
  await page.clock.fastForward('02:00:00')
  await page.getByText('Sesi Anda sudah berakhir').waitFor()
  assert.equal(await page.locator('#name').isVisible(), false, 'nobody else reads the page meanwhile')
  await look(page, 'session-ended')
  await fillSignIn(world, page, 'budi')
  await page.locator('#name').waitFor()
  assert.deepEqual([await page.inputValue('#name'), await page.inputValue('#block')], ['Suroso', 'C3'])
  await closePage(page)
})

async function leaveByTheMenu(page) {
  await page.getByRole('link', { name: 'Keluar' }).click()
  await page.getByRole('button', { name: 'Keluar', exact: true }).click()
}
async function leaveWhileTyping(page) {
  await page.fill('#name', 'Suroso')
  await page.clock.fastForward('59:00')
  await page.locator('.page-dialog[open]').getByRole('button', { name: 'Keluar' }).click()
}
for (const [how, path, leave] of [['by the menu', '/officer/today', leaveByTheMenu], ['while typing', '/officer/people/new', leaveWhileTyping]]) test(`signing out ${how} leaves nothing on the machine`, async () => {
  const page = await signIn(world, 'budi')
  await visit(page, path)
  await page.evaluate(() => { window.entered = true })
  await leave(page)
  // The page at the door is loaded anew.
  await page.waitForFunction(() => !window.entered && document.querySelector('#email'))
  const left = await page.evaluate(async () => {
    const names = await indexedDB.databases()
    const database = await new Promise((done) => { const asked = indexedDB.open('pulih'); asked.onsuccess = () => done(asked.result) })
    const keys = (shelf) => new Promise((done) => { const asked = database.transaction(shelf).objectStore(shelf).getAllKeys(); asked.onsuccess = () => done(asked.result) })
    return { names: names.map(({ name }) => name), kept: await keys('kept'), spool: await keys('spool'), local: Object.keys(localStorage), session: Object.keys(sessionStorage) }
  })
  // What is there was put there by the page at the door: whose installation it is.
  assert.deepEqual(left, { names: ['pulih'], kept: ['installation'], spool: [], local: ['language'], session: [] })
  await page.goBack().catch(() => {})
  await page.getByText('Masuk ke Pulih').waitFor()
  await closePage(page)
})
