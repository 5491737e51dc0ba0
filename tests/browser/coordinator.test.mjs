// The coordinator's day: what waits in which prison, a case, an agreement, the board, the report; in both languages, with names
// that try to be scripts, and somebody else who is faster.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { focusComes, look, openPage, press, printed, signIn, startWorld, tabTo, visit } from './support.mjs'

let stack
before(async () => { stack = await startWorld('coordinator_world', { viewport: { width: 1280, height: 900 } }) }, { timeout: 600_000 })
after(() => stack?.close())

async function as(t, who, options) {
  const page = await signIn(stack, who, options)
  t.after(() => page.context().close())
  return page
}
const heading = (page, name) => page.getByRole('heading', { level: 1, name }).waitFor()
const quiet = async (page) => {
  assert.deepEqual(page.complaints, [])
  assert.doesNotMatch(await page.title(), /dibobol/, 'a name was run as a script')
}

test('from the overview to a held case', async (t) => {
  const page = await as(t, 'koordinator')
  await heading(page, 'Ikhtisar')
  await page.getByText('1 lapas belum melapor').waitFor()
  await page.getByRole('row', { name: /Banyuwangi/ }).getByText('71%').waitFor()
  await look(page, 'coordinator-overview')
  await page.getByRole('link', { name: 'Kasus', exact: true }).click()
  await page.getByRole('link', { name: 'Belum ditugaskan', exact: true }).click()
  await page.getByRole('link', { name: 'Hendra Baru' }).waitFor()
  await page.getByRole('link', { name: 'Terbuka' }).click()
  await page.getByRole('link', { name: /Candra/ }).click()
  await heading(page, /Candra/)
  await look(page, 'coordinator-case')
  await page.getByRole('link', { name: 'Tunda' }).click()
  await page.getByLabel('Alasan').selectOption({ label: 'Keputusan atau keadaan warga binaan: Sakit' })
  await page.getByRole('button', { name: 'Tunda' }).dblclick()
  await page.getByText('Kasus sudah diperbarui').waitFor()
  const { moves } = await stack.call('koordinator', 'ListEnrollmentMoves', { enrollmentId: stack.cases.script })
  assert.equal(moves.filter(({ toStatus }) => toStatus === 'ENROLLMENT_STATUS_ON_HOLD').length, 1, 'a double click moves once')
  await quiet(page)
})

test('two people change one rule, and nothing that was typed is lost', async (t) => {
  const page = await as(t, 'koordinator', { language: 'en' })
  await page.goto('/coordinator/notices/rules/CASES_WAITING')
  await page.getByLabel('Days of waiting').fill('21')
  const { rules } = await stack.call('kedua', 'ListRules', {})
  const { version, times } = rules.find(({ key }) => key === 'CASES_WAITING')
  await stack.call('kedua', 'UpdateRule', { key: 'CASES_WAITING', version, enabled: true, times: { ...times, atTime: '08:00' } })
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('heading', { name: 'Changed by somebody else while you were typing' }).waitFor()
  assert.equal(await page.getByLabel('Days of waiting').inputValue(), '21', 'what was typed')
  assert.equal(await page.getByLabel('Local time').inputValue(), '08:00', 'what they changed')
  await look(page, 'coordinator-rule-changed')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('every 21 days of waiting, 08:00').waitFor()
  await quiet(page)
})

test('a clash is told with who, where and when, and the form keeps what was typed', async (t) => {
  const page = await as(t, 'koordinator')
  await page.goto(`/coordinator/series/new?day=2026-03-06&prison=${stack.prisons.banyuwangi}`)
  await page.getByLabel(/^Jam mulai/).fill('10.30')
  await page.getByLabel('Ruang').selectOption({ label: 'Ruang Konseling' })
  await page.getByLabel('Sari Wulandari').check()
  await page.getByRole('button', { name: 'Buat dan jadwalkan' }).click()
  await page.getByRole('alert').getByText(/Sari Wulandari .*10:00–11:30 WIB.*Aula/).waitFor()
  await look(page, 'coordinator-series-clash')
  await page.getByLabel(/^Jam mulai/).fill('13.00')
  await page.getByRole('button', { name: 'Buat dan jadwalkan' }).dblclick()
  await page.getByText(/Sesi sudah dijadwalkan sampai/).waitFor()
  const { series } = await stack.call('koordinator', 'ListSeries', { prisonId: stack.prisons.banyuwangi })
  assert.equal(series.length, 2, 'a double click makes one series')
  await quiet(page)
})

test('by keyboard alone a case gets another counsellor and is held, and a series is made although the session runs out meanwhile', async (t) => {
  const page = await openPage(stack)
  t.after(() => page.context().close())
  const [link, button] = ['link', 'button'].map((role) => (name) => page.getByRole(role, { name, exact: true }))
  const title = (name) => page.getByRole('heading', { level: 1, name })
  const [wrong, success] = [page.locator('.govuk-error-summary'), page.locator('.govuk-notification-banner--success')]
  const type = async (label, text) => { await tabTo(page, page.getByLabel(label)); await page.keyboard.type(text) }

  await page.goto('/')
  await type('Alamat surel', 'koordinator@example.org')
  await type('Kata sandi', stack.password)
  await page.keyboard.press('Enter')
  await focusComes(page, title('Ikhtisar'))
  await press(page, link('Kasus'))
  await focusComes(page, title('Kasus'))
  await press(page, link('Terbuka'))
  await press(page, link('Agus'))
  await focusComes(page, title('Agus'))
  await press(page, page.getByRole('link', { name: /^Ubah konselor/i }))
  await focusComes(page, title('Tugaskan konselor'))
  await type('Konselor', 'Pilih')
  await press(page, button('Tugaskan konselor'))
  await focusComes(page, wrong)
  await press(page, wrong.getByRole('link'))
  await focusComes(page, page.getByLabel('Konselor'))
  await page.keyboard.type('Bayu')
  await press(page, button('Tugaskan konselor'))
  await focusComes(page, success)
  await press(page, link('Tunda'))
  await type('Catatan', 'Dirawat di klinik')
  await press(page, button('Tunda'))
  await focusComes(page, success)
  const { counsellorId, status } = await stack.call('koordinator', 'GetEnrollment', { id: stack.cases.agus })
  assert.deepEqual([counsellorId, status], [stack.ids.bayu, 'ENROLLMENT_STATUS_ON_HOLD'])

  await press(page, link('Jadwal silang'))
  await focusComes(page, title('Jadwal silang'))
  await press(page, link('Buat rangkaian'))
  await focusComes(page, title('Buat rangkaian'))
  await type('Lapas', 'Lapas Kelas IIA Ken')
  await press(page, button('Buat dan jadwalkan'))
  await focusComes(page, wrong)
  assert.deepEqual(await wrong.getByRole('link').allInnerTexts(), ['Isi jam, misalnya 09.00', 'Isi ruang', 'Pilih sedikitnya satu konselor'], 'as the fields stand')
  await press(page, wrong.getByRole('link').first())
  await focusComes(page, page.getByLabel(/^Jam mulai/))
  await page.keyboard.type('13.00')
  await type('Ruang', 'Aula')
  const bayu = page.getByLabel('Bayu Prakoso')
  await press(page, bayu, 'Space')
  await page.clock.fastForward('59:00')
  await focusComes(page, button('Tetap masuk'))
  await page.keyboard.press('Enter')
  await focusComes(page, bayu)
  await page.clock.fastForward('02:00:00')
  await focusComes(page, title('Masuk ke Pulih'))
  await type('Kata sandi', stack.password)
  await page.keyboard.press('Enter')
  await focusComes(page, bayu)
  await press(page, button('Buat dan jadwalkan'))
  await focusComes(page, title('Konseling kelompok'))
  await page.getByText(/Sesi sudah dijadwalkan sampai/).waitFor()
  const { series } = await stack.call('koordinator', 'ListSeries', { prisonId: stack.prisons.kendari })
  assert.deepEqual(series.map(({ startTime, counsellorIds }) => [startTime, counsellorIds]), [['13:00', [stack.ids.bayu]]])
  await quiet(page)
})

test('the month is the same on the page, on paper and in a file', async (t) => {
  const page = await as(t, 'koordinator')
  await visit(page, `/coordinator/reports/${stack.prisons.banyuwangi}?month=2026-02-01`)
  const tables = await page.locator('.page-table').evaluateAll((all) => all.map((table) => [[table.caption.innerText],
    ...[...table.rows].map((row) => [...row.cells].map((cell) => (cell.querySelector('span:last-child') ?? cell).innerText))]))
  assert.equal(tables.length, 7)

  const paper = await printed(page, 'report')
  const flat = (text) => text.replace(/\s+/g, ' ')
  assert.equal(paper.length, 2, 'sheets')
  assert.match(paper[0], /Mode latihan[^]*Lapas Kelas IIA Banyuwangi\s+Laporan bulanan: Februari 2026\s+Keadaan 4 Mar 2026, 09.30 WIB/)
  assert.match(paper[0], /Belum lengkap: 7 kehadiran dalam 1 sesi belum dicatat/)
  assert.match(flat(paper[1]), /Laporan bulanan: Februari 2026, Lapas Kelas IIA Banyuwangi\. Dicetak 4 Mar 2026, 09\.30 WIB oleh Dewi Lestari Mengetahui/)
  paper.forEach((sheet, index) => assert.match(sheet, new RegExp(`${index + 1}\\s*/\\s*2`)))
  // A table isn't cut between two sheets, and none of the screen's furniture is there.
  for (const [[caption], head, ...rows] of tables) {
    const sheet = paper.find((one) => one.includes(caption))
    assert.ok(sheet, `${caption} isn't on paper`)
    for (const row of rows) assert.ok(flat(sheet).includes(flat(row[0]).split(' ')[0]), `${row[0]} isn't below ${caption}`)
    assert.ok(flat(sheet).includes(head[0]))
  }
  assert.doesNotMatch(paper.join(), /Keluar|Kembali|Unduh|Cetak atau|Ikhtisar|English/)

  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Unduh CSV' }).click()])
  assert.equal(file.suggestedFilename(), 'pulih-LP-BWI-2026-02.csv')
  const csv = readFileSync(await file.path(), 'utf8')
  assert.ok(csv.startsWith('\ufeffLaporan bulanan;Lapas Kelas IIA Banyuwangi;Februari 2026\r\nKeadaan 4 Mar 2026, 09.30 WIB\r\nMode latihan\r\n'))
  assert.ok(csv.includes(tables.map((rows) => `\r\n${rows.map((row) => `${row.join(';')}\r\n`).join('')}`).join('')), csv)
  await quiet(page)
})

test('times are those of the prison, with its zone, wherever the coordinator is', async (t) => {
  // Makassar's: an hour from each of the others.
  const page = await as(t, 'koordinator', { timezoneId: 'Asia/Makassar' })
  const kendari = '019cb000-0000-7000-8000-000000000001'
  const made = await stack.call('koordinator', 'CreateSession', { id: kendari, prisonId: stack.prisons.kendari, component: 'COMPONENT_VOCATIONAL', roomId: stack.rooms.kendari,
    startsAt: '2026-03-05T03:00:00Z', endsAt: '2026-03-05T04:00:00Z', counsellorIds: [stack.ids.bayu], enrollmentIds: [] })
  assert.equal(made.error, undefined)
  const zones = [['jayapura', '03', stack.sessions.far, '09.00–10.30 WIT', '3 Mar 2026, 09.00 WIT – 10.30 WIT', '09:00', 'WIT'],
    ['kendari', '05', kendari, '11.00–12.00 WITA', '5 Mar 2026, 11.00 WITA – 12.00 WITA', '11:00', 'WITA'],
    ['banyuwangi', '04', stack.sessions.single, '13.00–14.00 WIB', '4 Mar 2026, 13.00 WIB – 14.00 WIB', '13:00', 'WIB']]
  await visit(page, '/coordinator/board?view=week')
  for (const [, , , slot] of zones) await page.getByRole('link', { name: slot }).first().waitFor()
  for (const [prison, date, session, slot, when, typed, zone] of zones) {
    await visit(page, `/coordinator/board?day=2026-03-${date}&prison=${stack.prisons[prison]}`)
    await page.getByText(`Sumbu waktu menurut ${zone};`).waitFor()
    // The axis is the prison's too: what begins at nine stands two hours from its left edge, at seven.
    const [hour, minute] = typed.split(':').map(Number)
    const left = await page.getByRole('listitem').filter({ hasText: slot }).evaluate((item) => parseFloat(item.style.getPropertyValue('--left')))
    assert.ok(Math.abs(left - ((hour + minute / 60 - 7) / 11) * 100) < 0.01, `${slot} stands at ${left} %`)
    await page.getByRole('link', { name: slot }).click()
    await page.getByText(when).first().waitFor()
    await visit(page, `/coordinator/sessions/${session}/move`)
    assert.equal(await page.getByLabel(`Jam mulai (${zone})`).inputValue(), typed)
  }
  await look(page, 'coordinator-move')
  await quiet(page)
})

test('Back in the middle of a form keeps what is typed, and never leads back to what was sent', async (t) => {
  const page = await as(t, 'koordinator')
  await visit(page, '/coordinator/board?day=2026-03-06')
  await page.getByRole('link', { name: 'Buat rangkaian' }).click()
  await page.locator('#prison').selectOption({ label: 'Lapas Kelas IIA Banyuwangi' })
  await page.getByLabel(/^Jam mulai/).fill('8.15')
  await page.getByLabel('Ruang').selectOption({ label: 'Aula' })
  await page.getByLabel('Bayu Prakoso').check()
  await page.goBack()
  await heading(page, 'Jadwal silang')
  await page.goForward()
  await page.getByLabel('Bayu Prakoso').waitFor()
  await page.waitForFunction(() => document.querySelector('#startTime').value)
  assert.equal(await page.getByLabel(/^Jam mulai/).inputValue(), '8.15')
  assert.ok(await page.getByLabel('Bayu Prakoso').isChecked())
  await page.getByRole('button', { name: 'Buat dan jadwalkan' }).click()
  await page.getByText(/Sesi sudah dijadwalkan sampai/).waitFor()
  await page.goBack()
  await heading(page, 'Jadwal silang')
  await page.goto(`/coordinator/series/new?prison=${stack.prisons.banyuwangi}`)
  await page.getByLabel('Bayu Prakoso').waitFor()
  assert.equal(await page.getByLabel(/^Jam mulai/).inputValue(), '', 'what was sent is forgotten')
  await quiet(page)
})

const away = (short, how) => `/coordinator/cases/${stack.cases[short]}/${how}/${stack.people[short]}`
const effects = (page) => page.locator('main ul.govuk-list--bullet').innerText()

test('a correction is countersigned on the way from the overview, but not one\'s own', async (t) => {
  const { sessions: [first] } = await stack.call('koordinator', 'ListSessions', { seriesId: stack.sessions.series, pageSize: 1 })
  const asked = (who, id, short) => stack.call(who, 'CorrectAttendance',
    { id, sessionId: first.id, participantId: stack.people[short], mark: 'ATTENDANCE_MARK_SICK', reason: 'Salah baca lembar' })
  await asked('budi', '019cb000-0000-7000-8000-000000000002', 'bayu')
  await asked('koordinator', '019cb000-0000-7000-8000-000000000003', 'script')
  const page = await as(t, 'koordinator')
  await page.getByRole('link', { name: '2 koreksi kehadiran menunggu pengesahan' }).click()
  await heading(page, 'Koreksi kehadiran')
  await page.getByRole('region', { name: /^Candra/ }).getByText('Anda sendiri yang mengajukan').waitFor()
  await page.getByRole('region', { name: /^Bayu/ }).getByText('Hadir → Sakit').waitFor()
  await look(page, 'coordinator-corrections')
  await page.getByRole('button', { name: 'Sahkan koreksi Bayu Setiawan' }).dblclick()
  await page.getByText('Koreksi Bayu Setiawan sudah berlaku').waitFor()
  await page.getByRole('link', { name: 'Ikhtisar' }).click()
  await page.getByRole('link', { name: '1 koreksi kehadiran menunggu pengesahan' }).waitFor()
  await quiet(page)
})

test('what a transfer does is said before it is done', async (t) => {
  const full = '019cb000-0000-7000-8000-000000000004'
  await stack.call('koordinator', 'CreatePrison', { id: full, code: 'LP-X', name: 'Lapas Tanpa Perjanjian', timeZone: 'Asia/Jakarta' })
  const page = await as(t, 'koordinator')
  await visit(page, `/coordinator/cases/${stack.cases.eko}`)
  await page.getByRole('link', { name: 'Pindahkan ke lapas lain' }).click()
  await heading(page, /Pindahkan ke lapas lain/)
  await page.getByRole('button', { name: 'Lanjutkan' }).click()
  await page.getByRole('link', { name: 'Pilih lapas tujuan' }).waitFor()
  await page.getByLabel('Ke lapas').selectOption({ label: 'Lapas Tanpa Perjanjian' })
  await page.getByRole('button', { name: 'Lanjutkan' }).click()
  await heading(page, 'Periksa sebelum dicatat')
  assert.match(await effects(page), /dari Aktif menjadi Daftar tunggu, karena kini tak ada kursi[^]*\d+ sesi yang direncanakan di lapas ini dilepas/)
  await page.getByRole('button', { name: 'Ubah' }).click()
  await page.getByLabel('Ke lapas').selectOption({ label: 'Lapas Kelas IIA Kendari' })
  await page.getByLabel(/^Blok di sana/).fill('Dahlia')
  await page.getByRole('button', { name: 'Lanjutkan' }).click()
  await heading(page, 'Periksa sebelum dicatat')
  assert.match(await effects(page), /tetap Aktif; kini ada kursi/)
  await look(page, 'coordinator-transfer-check')
  await page.getByRole('button', { name: 'Ya, catat pemindahan' }).dblclick()
  await page.getByText('Kasus sudah diperbarui').waitFor()
  await page.getByText('Blok Dahlia').waitFor()
  const [person, { status, prisonId }] = [await stack.call('koordinator', 'GetParticipant', { id: stack.people.eko }), await stack.call('koordinator', 'GetEnrollment', { id: stack.cases.eko })]
  assert.deepEqual([person.prisonId, person.registerNumber, prisonId, status], [stack.prisons.kendari, 'B.I 106/2025', stack.prisons.kendari, 'ENROLLMENT_STATUS_ACTIVE'])
  await quiet(page)
})

test('a number that the other prison has already is mended where it was typed', async (t) => {
  await stack.call('andi', 'CreateParticipant', { id: '019cb000-0000-7000-8000-000000000005', prisonId: stack.prisons.kendari, registerNumber: 'K 1', name: 'Sukarno' })
  const page = await as(t, 'koordinator', { language: 'en' })
  await visit(page, away('agus', 'transfer'))
  await page.getByLabel('To the prison').selectOption({ label: 'Lapas Kelas IIA Kendari' })
  await page.getByLabel(/^Register number there/).fill('K 1')
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('button', { name: 'Yes, record the transfer' }).click()
  await page.getByRole('alert').getByRole('link').click()
  await focusComes(page, page.getByLabel(/^Register number there/))
  assert.equal(await page.getByLabel(/^Register number there/).inputValue(), 'K 1')
  await look(page, 'coordinator-transfer-refused')
  assert.equal((await stack.call('koordinator', 'GetParticipant', { id: stack.people.agus })).prisonId, stack.prisons.banyuwangi)
  await quiet(page)
})

test('a release opens aftercare and gives the sessions up, and says so before', async (t) => {
  const page = await as(t, 'koordinator')
  await visit(page, `/coordinator/cases/${stack.cases.bayu}`)
  await page.getByRole('link', { name: 'Catat pembebasan' }).click()
  await page.locator('#releasedOn').fill('5')
  await page.getByRole('button', { name: 'Lanjutkan' }).click()
  await page.getByRole('link', { name: 'Isi tanggal bebas: hari ini atau sebelumnya' }).waitFor()
  await page.locator('#releasedOn').fill('4')
  await page.getByRole('button', { name: 'Lanjutkan' }).click()
  await heading(page, 'Periksa sebelum dicatat')
  assert.match(await effects(page), /dari Aktif menjadi Pascarehabilitasi[^]*\d+ sesi yang direncanakan di lapas ini dilepas/)
  await look(page, 'coordinator-release-check')
  await page.getByRole('button', { name: 'Ya, catat pembebasan' }).dblclick()
  await page.getByText('Kasus sudah diperbarui').waitFor()
  assert.equal(await page.getByRole('link', { name: 'Catat pembebasan' }).count(), 0)
  assert.deepEqual((await stack.call('koordinator', 'GetParticipant', { id: stack.people.bayu })).releasedOn, { year: 2026, month: 3, day: 4 })
  assert.equal((await stack.call('koordinator', 'GetEnrollment', { id: stack.cases.bayu })).status, 'ENROLLMENT_STATUS_AFTERCARE')
  await visit(page, away('bayu', 'transfer'))
  await page.getByText('Sudah bebas pada 4 Maret 2026.').waitFor()
  await quiet(page)
})

test('a consent is taken back and given again, with what that stops said before', async (t) => {
  const page = await as(t, 'koordinator')
  await visit(page, `/coordinator/cases/${stack.cases.arab}`)
  await page.getByText('Mengikuti rehabilitasi').waitFor()
  await page.getByRole('link', { name: 'Ubah Persetujuan' }).click()
  await heading(page, /Persetujuan/)
  await look(page, 'coordinator-consents')
  await page.getByRole('link', { name: 'Tarik persetujuan Mengikuti rehabilitasi' }).click()
  await page.getByText('Kasusnya tidak dapat maju lagi').waitFor()
  await page.getByLabel('Saksi').fill('')
  await page.getByRole('button', { name: 'Tarik persetujuan' }).click()
  await page.getByRole('link', { name: 'Isi saksi' }).waitFor()
  await page.getByLabel('Saksi').fill('Budi Santoso')
  await look(page, 'coordinator-consent-withdraw')
  await page.getByRole('button', { name: 'Tarik persetujuan' }).dblclick()
  await page.getByText('Sudah dicatat').waitFor()
  await page.getByRole('link', { name: 'Catat persetujuan Mengikuti rehabilitasi' }).click()
  await page.getByText('Saya bersedia mengikuti program').waitFor()
  await look(page, 'coordinator-consent-give')
  await page.getByRole('button', { name: 'Catat persetujuan' }).dblclick()
  await page.getByText('Sudah dicatat').waitFor()
  const { consents } = await stack.call('koordinator', 'ListConsents', { participantId: stack.people.arab })
  assert.deepEqual(consents.map(({ given = false, witness }) => [given, witness]), [[true, 'Dewi Lestari'], [false, 'Budi Santoso'], [true, 'Budi Santoso']])
  await quiet(page)
})

test('a missed session is made up for, and then isn\'t missed any more', async (t) => {
  const page = await as(t, 'koordinator')
  await visit(page, `/coordinator/board?prison=${stack.prisons.banyuwangi}`)
  await page.getByRole('link', { name: 'Sesi yang terlewat' }).click()
  await heading(page, 'Sesi yang terlewat')
  const rows = page.getByRole('row').filter({ hasText: 'Dedi' })
  await rows.first().getByText('Sakit').waitFor()
  const before = await rows.count()
  await look(page, 'coordinator-missed')
  await rows.first().getByRole('link', { name: 'Jadwalkan pengganti Dedi' }).click()
  await page.getByText(/Pengganti: Konseling kelompok, 18 Feb 2026/).waitFor()
  assert.ok(await page.getByLabel('Dedi').isChecked() && await page.getByLabel('Sari Wulandari').isChecked())
  assert.equal(await page.getByLabel('Lama (menit)').inputValue(), '90')
  await look(page, 'coordinator-make-up')
  await page.getByRole('button', { name: 'Buat sesi' }).click()
  await page.getByRole('link', { name: 'Isi jam, misalnya 09.00' }).waitFor()
  for (const [part, value] of [['day', '9'], ['day-month', '3'], ['day-year', '2026']]) await page.fill(`#${part}`, value)
  await page.getByLabel(/^Jam mulai/).fill('13.00')
  await page.getByRole('button', { name: 'Buat sesi' }).dblclick()
  await page.getByText('Sesi sudah dibuat').waitFor()
  const made = await stack.call('koordinator', 'GetSession', { sessionId: page.url().split('?')[0].split('/').pop() })
  assert.deepEqual([made.startsAt, made.endsAt, made.component, made.participants.map(({ participantId }) => participantId)],
    ['2026-03-09T06:00:00Z', '2026-03-09T07:30:00Z', 'COMPONENT_GROUP_COUNSELLING', [stack.people.dedi]])
  assert.ok(made.makesUpId)
  await visit(page, `/coordinator/board/missed?prison=${stack.prisons.banyuwangi}`)
  assert.equal(await rows.count(), before - 1)
  await quiet(page)
})

test('every page holds on a phone and at 400 %, in both languages', async (t) => {
  const paths = ['/coordinator', `/coordinator/prisons/${stack.prisons.jayapura}`, '/coordinator/cases?group=OPEN', `/coordinator/cases/${stack.cases.panjang}`,
    `/coordinator/cases/${stack.cases.panjang}/end`, away('panjang', 'release'), away('panjang', 'transfer'), away('panjang', 'consents'),
    `${away('panjang', 'consents')}/TREATMENT`, `${away('panjang', 'consents')}/RESEARCH`, '/coordinator/corrections', '/coordinator/board/missed',
    `/coordinator/sessions/new?prison=${stack.prisons.banyuwangi}`, '/coordinator/agreements', '/coordinator/agreements/new', `/coordinator/agreements/${stack.agreement}`,
    `/coordinator/agreements/${stack.agreement}/renew`, `/coordinator/agreements/${stack.agreement}/end`, '/coordinator/board', '/coordinator/board?view=week&by=counsellors',
    `/coordinator/series/${stack.sessions.series}`, `/coordinator/sessions/${stack.sessions.single}`, `/coordinator/sessions/${stack.sessions.single}/move`,
    `/coordinator/reports/${stack.prisons.banyuwangi}?month=2026-02-01`, '/coordinator/notices', '/coordinator/notices?tab=all', '/coordinator/notices?tab=rules',
    '/coordinator/notices?tab=templates', '/coordinator/notices/rules/DAY_ROSTER', '/coordinator/notices/rules/new', '/coordinator/notices/templates/SUMMARY',
    '/notices', '/notices/preferences']
  // 1280 px at 400 % are 320.
  for (const [width, language] of [[360, 'id'], [320, 'en']]) {
    const page = await as(t, 'koordinator', { viewport: { width, height: 740 }, language })
    for (const path of paths) {
      await page.goto(path)
      await page.getByRole('heading', { level: 1 }).waitFor()
      await look(page, `coordinator-${width}${path.replace(/[^a-z]+/g, '-')}`)
    }
    await quiet(page)
  }
})
