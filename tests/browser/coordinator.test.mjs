// The coordinator's day: what waits in which prison, a case, an agreement, the board, the report; in both languages, with names
// that try to be scripts, and somebody else who is faster.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { focusComes, look, openPage, press, signIn, startWorld, tabTo } from './support.mjs'

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
