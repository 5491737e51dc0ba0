// The coordinator's day: what waits in which prison, a case, an agreement, the board, the report; in both languages, with names
// that try to be scripts, and somebody else who is faster.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { look, signIn, startWorld } from './support.mjs'

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
