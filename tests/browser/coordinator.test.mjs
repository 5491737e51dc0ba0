// The coordinator's day: what waits in which prison, a case, an agreement, the board, the report; in both languages, with names
// that try to be scripts, and somebody else who is faster.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { focusComes, look, lookTwice, openPage, PHONE, press, printed, signIn, startWorld, tabTo, visit } from './support.mjs'

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

test('every page holds on a phone and at 400 %, in both languages', async (t) => {
  const paths = ['/coordinator', `/coordinator/prisons/${stack.prisons.jayapura}`, '/coordinator/cases?group=OPEN', `/coordinator/cases/${stack.cases.panjang}`,
    `/coordinator/cases/${stack.cases.panjang}/end`, '/coordinator/agreements', '/coordinator/agreements/new', `/coordinator/agreements/${stack.agreement}`,
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

test('somebody who was released is met outside the prisons, as they agreed to be reached', async (t) => {
  const admin = await as(t, 'admin')
  await visit(admin, '/admin/places/new')
  await admin.getByLabel('Tempat pascarehabilitasi').check()
  await admin.getByLabel('Kode').fill('kt-bwi')
  await admin.getByLabel('Nama lokasi').fill('Kantor Banyuwangi')
  await admin.getByLabel(/^Alamat/).fill('Jl. Melati 5')
  await lookTwice(admin, 'admin-place-aftercare-new')
  await admin.getByRole('button', { name: 'Tambah lokasi' }).click()
  await heading(admin, 'Kantor Banyuwangi')
  assert.equal(await admin.getByRole('link', { name: 'Tambah kunci' }).count(), 0, 'nobody connects from there')
  await look(admin, 'admin-place-aftercare')

  await stack.call('koordinator', 'ReleaseParticipant', { id: stack.people.dedi, releasedOn: { year: 2026, month: 3, day: 4 } })
  const page = await as(t, 'koordinator')
  await heading(page, 'Ikhtisar')
  await page.getByRole('link', { name: 'Kantor Banyuwangi' }).click()
  await heading(page, 'Kantor Banyuwangi')
  await page.getByText('Belum ada ruang.').waitFor()
  await page.getByRole('link', { name: 'Tambah ruang' }).click()
  await page.getByRole('button', { name: 'Tambah ruang' }).click()
  await page.getByRole('alert').getByText('Isi nama ruang').waitFor()
  await page.getByLabel('Nama ruang').fill('Ruang tamu')
  await lookTwice(page, 'coordinator-room-new')
  await page.getByRole('button', { name: 'Tambah ruang' }).click()
  await page.getByRole('link', { name: 'Ruang tamu' }).waitFor()
  await lookTwice(page, 'coordinator-place')

  await visit(page, `/coordinator/cases/${stack.cases.dedi}`)
  await page.getByText('Belum ada. Tanpa ini, ia tidak mendapat pengingat janji temu.').waitFor()
  await page.getByRole('link', { name: 'Ubah cara menghubungi' }).click()
  await page.getByRole('button', { name: 'Simpan persetujuan' }).click()
  await page.getByRole('alert').getByText('Tanpa persetujuannya, cara menghubungi tidak boleh disimpan').waitFor()
  await lookTwice(page, 'coordinator-contact-consent')
  await page.getByLabel('Ya, ia setuju dihubungi').check()
  await page.getByRole('button', { name: 'Simpan persetujuan' }).click()
  await page.getByLabel('Nomor telepon').waitFor()
  await page.getByRole('button', { name: 'Simpan', exact: true }).click()
  await page.getByRole('alert').getByText('Isi nomor telepon, atau pilih cara lain').waitFor()
  await page.getByLabel('Nomor telepon').fill('+62 812 3456 7890')
  await page.getByLabel('Bila tidak sampai').selectOption({ label: 'SMS' })
  await lookTwice(page, 'coordinator-contact')
  await page.getByRole('button', { name: 'Simpan', exact: true }).click()
  await page.getByText('WhatsApp, SMS').waitFor()
  await look(page, 'coordinator-case-aftercare')

  await visit(page, '/coordinator/series/new?day=2026-03-07')
  await page.getByLabel('Lapas').selectOption({ label: 'Kantor Banyuwangi' })
  await page.getByLabel(/^Jam mulai/).fill('15.00')
  await page.getByLabel('Ruang').selectOption({ label: 'Ruang tamu' })
  await page.getByLabel('Sari Wulandari').check()
  assert.equal(await page.getByLabel('Agus', { exact: true }).count(), 0, 'who is in a prison isn’t offered')
  await page.getByLabel('Dedi').check()
  await page.getByRole('button', { name: 'Buat dan jadwalkan' }).click()
  await page.getByText(/Sesi sudah dijadwalkan sampai/).waitFor()

  // The counsellor finds the appointment beside those in prisons, and how to reach the person; the prison finds nothing.
  const sari = await as(t, 'sari', { viewport: PHONE, language: 'en' })
  await visit(sari, '/counsellor/schedule?day=2026-03-07')
  await sari.getByText('Kantor Banyuwangi').first().waitFor()
  await visit(sari, `/counsellor/people/${stack.people.dedi}`)
  await sari.getByText('+62 812 3456 7890').waitFor()
  await look(sari, 'counsellor-person-aftercare')
  const { sessions = [] } = await stack.call('budi', 'ListBoard', { fromTime: '2026-03-07T00:00:00Z', untilTime: '2026-03-07T23:00:00Z' })
  assert.ok(sessions.every(({ roomName }) => roomName !== 'Ruang tamu'))
  await quiet(page)
})

test('in hours without activities nothing takes place, until they end', async (t) => {
  const page = await as(t, 'koordinator')
  const [saturday, later] = ['019cb000-0000-7000-8000-000000000011', '019cb000-0000-7000-8000-000000000012']
  for (const [id, day] of [[saturday, '07'], [later, '14']]) {
    const made = await stack.call('koordinator', 'CreateSession', { id, prisonId: stack.prisons.kendari, component: 'COMPONENT_VOCATIONAL', roomId: stack.rooms.kendari,
      startsAt: `2026-03-${day}T04:00:00Z`, endsAt: `2026-03-${day}T05:00:00Z`, counsellorIds: [stack.ids.bayu], enrollmentIds: [] })
    assert.equal(made.error, undefined)
  }
  const state = async (sessionId) => (await stack.call('koordinator', 'GetSession', { sessionId })).cancelNote ?? 'takes place'
  await visit(page, `/coordinator/prisons/${stack.prisons.kendari}`)
  await page.getByText('Belum ada. Pada jam tanpa kegiatan').waitFor()
  await page.getByRole('link', { name: 'Tambah jam tanpa kegiatan' }).click()
  await page.getByLabel(/^Dari jam/).fill('13.00')
  await page.getByLabel(/^Sampai jam/).fill('11.30')
  await page.getByRole('button', { name: 'Tambah jam tanpa kegiatan' }).click()
  for (const text of ['Isi nama', 'Pilih sedikitnya satu hari', 'Jam selesai harus setelah jam mulai']) await page.getByRole('alert').getByText(text).waitFor()
  await lookTwice(page, 'coordinator-hours-new')
  await page.getByLabel('Nama').fill('Kunjungan keluarga')
  await page.getByLabel('Sabtu').check()
  await page.getByLabel(/^Dari jam/).fill('11.30')
  await page.getByLabel(/^Sampai jam/).fill('13')
  await page.getByRole('button', { name: 'Tambah jam tanpa kegiatan' }).dblclick()
  await page.getByRole('row', { name: /Kunjungan keluarga/ }).getByText('11.30–13.00').waitFor()
  await page.getByText('sejak 4 Maret 2026').waitFor()
  await lookTwice(page, 'coordinator-hours')
  assert.deepEqual([await state(saturday), await state(later)], ['Kunjungan keluarga', 'Kunjungan keluarga'])

  await visit(page, `/coordinator/series/new?day=2026-03-07&prison=${stack.prisons.kendari}`)
  await page.getByLabel(/^Jam mulai/).fill('12.30')
  await page.getByLabel('Ruang').selectOption({ index: 1 })
  await page.getByLabel('Bayu Prakoso').check()
  await page.getByRole('button', { name: 'Buat dan jadwalkan' }).click()
  await page.getByRole('alert').getByText(/Kunjungan keluarga, 2026-03-07 11:30–13:00 WITA, .*Kendari/).waitFor()

  await visit(page, `/coordinator/prisons/${stack.prisons.kendari}`)
  await page.getByRole('link', { name: 'Kunjungan keluarga' }).click()
  await page.getByLabel('Tanggal').waitFor()
  await lookTwice(page, 'coordinator-hours-end')
  await page.getByLabel('Tanggal').fill('8')
  await page.getByRole('button', { name: 'Akhiri jam tanpa kegiatan' }).click()
  await page.getByText('1 sesi diadakan lagi').waitFor()
  await look(page, 'coordinator-hours-ended')
  assert.deepEqual([await state(saturday), await state(later)], ['Kunjungan keluarga', 'takes place'])
  await quiet(page)
})
