// The admin's day: somebody new gets in, a prison and its key, a register imported after a look, mail, the audit, the status.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { focusComes, holdBack, look, openPage, press, signIn, startWorld, tabTo, visit } from './support.mjs'

let stack
before(async () => { stack = await startWorld('coordinator_world', { viewport: { width: 1280, height: 900 } }) }, { timeout: 600_000 })
after(() => stack?.close())

async function asAdmin(t, options) {
  const page = await signIn(stack, 'admin', options)
  t.after(() => page.context().close())
  return page
}
const quiet = async (page) => {
  assert.deepEqual(page.complaints, [])
  assert.doesNotMatch(await page.title(), /dibobol/, 'a name was run as a script')
}

test('somebody new is added once, gets a role and a code', async (t) => {
  const page = await asAdmin(t)
  await page.getByRole('heading', { level: 1, name: 'Pengguna & peran' }).waitFor()
  await look(page, 'admin-people')
  await page.getByRole('link', { name: 'Tambah pengguna' }).click()
  await page.getByRole('button', { name: 'Tambah pengguna' }).click()
  await page.getByRole('alert').getByText('Isi nama').waitFor()
  await look(page, 'admin-person-wrong')
  await page.getByLabel('Nama').fill('Ibu <b>Baru</b>')
  await page.getByLabel('Alamat surel').fill('ibu.baru@example.org')
  await page.getByLabel('Konselor').check()
  await page.getByRole('button', { name: 'Tambah pengguna' }).dblclick()
  await page.getByText('Pengguna ditambahkan').first().waitFor()
  await page.getByRole('button', { name: 'Buat kode sekali pakai' }).click()
  await page.getByText('Berlaku satu hari untuk sekali masuk').waitFor()
  await look(page, 'admin-person-code')
  const { people } = await stack.call('admin', 'ListPeople', { text: 'ibu.baru' })
  assert.deepEqual(people.map(({ name, roles }) => [name, roles]), [['Ibu <b>Baru</b>', ['ROLE_COUNSELLOR']]])
  await quiet(page)
})

test('a register is looked at first, its bad row named, its good rows imported', async (t) => {
  const page = await asAdmin(t)
  await page.getByRole('link', { name: 'Impor' }).click()
  await page.getByLabel('Tempat bekerja').selectOption({ label: 'Lapas Kelas IIA Kendari' })
  const csv = '\ufeffNo. Register;Nama;Tanggal Lahir;JK\r\nK 1/2026;"Sukarno; alias ""Karno""";01/02/1990;L\r\nK 2/2026;Wati;31/02/1990;P\r\n'
  await page.getByLabel('Berkas CSV').setInputFiles({ name: 'register.csv', mimeType: 'text/csv', buffer: Buffer.from(csv) })
  const letGo = await holdBack(page, '**/ImportParticipants')
  await page.getByRole('button', { name: 'Lihat dahulu' }).click()
  assert.ok(await page.getByLabel('Tempat bekerja').isDisabled(), 'what was looked at is what is chosen')
  await letGo()
  await page.getByRole('row', { name: /31\/02\/1990/ }).getByText('Bukan tanggal').waitFor()
  await look(page, 'admin-import')
  const asked = { who: 'koordinator', method: 'ListParticipants', request: { prisonId: stack.prisons.kendari } }
  assert.equal((await stack.ask(asked)).participants, undefined, 'looking keeps nothing')
  await page.getByRole('button', { name: 'Impor 1 baris yang baik' }).dblclick()
  await page.getByText('Terimpor: 1 baru').waitFor()
  assert.deepEqual((await stack.ask(asked)).participants.map(({ name }) => name), ['Sukarno; alias "Karno"'])
  await quiet(page)
})

test('two admins change one prison, and what both typed is kept', async (t) => {
  const page = await asAdmin(t, { language: 'en' })
  const id = stack.prisons.kendari
  await page.goto(`/admin/places/${id}/edit`)
  await page.getByLabel('Address').fill('Jalan Baru 2')
  const now = await stack.call('admin2', 'GetPrison', { id })
  await stack.call('admin2', 'UpdatePrison', { id, version: now.version, name: 'Lapas Kendari', timeZone: now.timeZone, address: now.address })
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('heading', { name: 'Changed by somebody else while you were typing' }).waitFor()
  await look(page, 'admin-place-changed')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('The place has been saved').waitFor()
  const after = await stack.call('admin', 'GetPrison', { id })
  assert.deepEqual([after.name, after.address], ['Lapas Kendari', 'Jalan Baru 2'])
  await quiet(page)
})

test('who goes elsewhere while a form is sent stays there', async (t) => {
  const page = await asAdmin(t)
  await page.goto(`/admin/people/${stack.ids.yan}/edit`)
  await page.getByLabel('Nama').fill('Yan Lambat')
  const letGo = await holdBack(page, '**/UpdatePerson')
  await page.getByRole('button', { name: 'Simpan' }).click()
  await page.getByRole('link', { name: 'Audit' }).click()
  await page.getByRole('heading', { level: 1, name: 'Audit' }).waitFor()
  await letGo()
  assert.equal(await page.evaluate(() => location.pathname), '/admin/audit')
  assert.equal((await stack.call('admin', 'GetPerson', { personId: stack.ids.yan })).name, 'Yan Lambat')
  await quiet(page)
})

test('a test mail goes out, and what failed can be sent again', async (t) => {
  const page = await asAdmin(t)
  await page.goto('/admin/channel')
  await page.getByRole('button', { name: 'Kirim surel percobaan' }).click()
  await page.getByText('Sudah diterima.').waitFor()
  await page.getByRole('button', { name: 'Kirim lagi' }).first().waitFor()
  await look(page, 'admin-channel')
  await quiet(page)
})

test('a gateway for SMS is set up, tried, turned off, and its secret changed', async (t) => {
  const page = await asAdmin(t)
  await page.goto('/admin/channel')
  await page.getByRole('link', { name: 'SMS' }).click()
  await page.getByLabel('Alamat gerbang').fill('gerbang.example')
  await page.getByRole('button', { name: 'Buat' }).click()
  await page.getByRole('alert').getByText('Isi alamat yang mulai dengan https://').waitFor()
  await page.getByLabel('Alamat gerbang').fill('http://127.0.0.1:9/pesan')
  await page.getByRole('button', { name: 'Buat' }).dblclick()
  const first = await page.getByText(/^whsec_/).innerText()
  await page.getByRole('button', { name: 'Kirim pesan percobaan' }).click()
  await page.getByText('Tidak terkirim. Penerima tidak punya alamat yang dapat dipakai').waitFor()
  await look(page, 'admin-endpoint')
  await page.getByLabel('Mati').check()
  const letGo = await holdBack(page, '**/UpdateEndpoint')
  await page.getByRole('button', { name: 'Simpan' }).click()
  assert.equal(await page.getByRole('button', { name: 'Buat rahasia baru' }).count(), 0, 'both change one version, so one waits for the other')
  await letGo()
  await page.getByRole('button', { name: 'Buat rahasia baru' }).click()
  await page.locator('.govuk-tag').getByText('Mati').waitFor()
  await page.getByText(/Rahasia sebelumnya berlaku sampai 5 Mar 2026/).waitFor()
  assert.notEqual(await page.getByText(/^whsec_/).innerText(), first)
  await page.setViewportSize({ width: 360, height: 740 })
  await look(page, 'admin-endpoint-phone')
  const { endpoints } = await stack.call('admin', 'ListEndpoints')
  assert.deepEqual(endpoints.map(({ channel, enabled }) => [channel, enabled]), [['CHANNEL_SMS', undefined]])
  await quiet(page)
})

test('by keyboard alone a person is added although the session runs out meanwhile, given a role, and a prison gets its key', async (t) => {
  const page = await openPage(stack, { language: 'en' })
  t.after(() => page.context().close())
  const [link, button] = ['link', 'button'].map((role) => (name) => page.getByRole(role, { name, exact: true }))
  const title = (name) => page.getByRole('heading', { level: 1, name })
  const [wrong, success] = [page.locator('.govuk-error-summary'), page.locator('.govuk-notification-banner--success')]
  const type = async (label, text) => { await tabTo(page, page.getByLabel(label)); await page.keyboard.type(text) }

  await page.goto('/admin/people')
  await type('E-mail address', 'admin@example.org')
  await type('Password', stack.password)
  await page.keyboard.press('Enter')
  await focusComes(page, title('People and roles'))
  await press(page, link('Add a person'))
  await focusComes(page, title('Add a person'))
  await press(page, button('Add a person'))
  await focusComes(page, wrong)
  await press(page, wrong.getByRole('link').first())
  await focusComes(page, page.getByLabel('Name'))
  await page.keyboard.type('Ibu Papan Ketik')
  await page.clock.fastForward('03:00:00')
  await focusComes(page, title('Sign in to Pulih'))
  await type('Password', stack.password)
  await page.keyboard.press('Enter')
  await focusComes(page, page.getByLabel('Name'))
  await type('E-mail address', 'papan.ketik@example.org')
  await type('Works at', 'Lapas K')
  await press(page, page.getByLabel('Prison officer'), 'Space')
  await press(page, button('Add a person'))
  await focusComes(page, success)
  await press(page, page.getByLabel('Head of prison'), 'Space')
  await press(page, button('Save roles'))
  await focusComes(page, success.filter({ hasText: 'The change has been saved' }))
  await press(page, button('Make a one-time code'))
  await focusComes(page, success.filter({ hasText: 'One-time code' }))
  const { people } = await stack.call('admin', 'ListPeople', { text: 'papan.ketik' })
  assert.deepEqual(people.map(({ name, roles }) => [name, roles.sort()]), [['Ibu Papan Ketik', ['ROLE_OFFICER', 'ROLE_PRISON_HEAD']]])

  await press(page, link('Sites and keys'))
  await press(page, page.getByRole('link', { name: /Kendari/ }))
  await press(page, link('Add a key'))
  await focusComes(page, title('Add a key'))
  await type('Public key', 'short')
  await type('Name of the key', 'lp-kdi-2026')
  await page.keyboard.press('Enter')
  await focusComes(page, wrong)
  await press(page, wrong.getByRole('link'))
  await focusComes(page, page.getByLabel('Public key'))
  await page.keyboard.press('Control+A')
  await page.keyboard.type('rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7')
  await page.keyboard.press('Enter')
  await focusComes(page, success.filter({ hasText: 'The key has been added' }))
  await look(page, 'admin-place-key')
  await press(page, button('Revoke'))
  await focusComes(page, success.filter({ hasText: 'The key has been revoked' }))
  const { keys } = await stack.call('admin', 'ListSiteKeys', { prisonId: stack.prisons.kendari })
  assert.deepEqual(keys.map(({ name, revoked }) => [name, revoked]), [['lp-kdi-2026', true]])
  await quiet(page)
})

test('Back in the middle of a form keeps what is typed, and never leads back to what was sent', async (t) => {
  const page = await asAdmin(t)
  await page.getByRole('link', { name: 'Tambah pengguna' }).click()
  await page.getByLabel('Nama').fill('Ibu Kembali')
  await page.getByLabel('Alamat surel').fill('ibu.kembali@example.org')
  await page.goBack()
  await page.getByRole('heading', { level: 1, name: 'Pengguna & peran' }).waitFor()
  await page.goForward()
  await page.getByLabel('Alamat surel').waitFor()
  await page.waitForFunction(() => document.querySelector('#email').value)
  assert.deepEqual([await page.getByLabel('Nama').inputValue(), await page.getByLabel('Alamat surel').inputValue()], ['Ibu Kembali', 'ibu.kembali@example.org'])
  await page.getByRole('button', { name: 'Tambah pengguna' }).click()
  await page.locator('.govuk-notification-banner').getByText('Pengguna ditambahkan').waitFor()
  await page.goBack()
  await page.getByRole('heading', { level: 1, name: 'Pengguna & peran' }).waitFor()
  await quiet(page)
})

test('an auditor sees what was done, and neither what they may not see nor anything to do', async (t) => {
  const page = await signIn(stack, 'auditor')
  t.after(() => page.context().close())
  assert.deepEqual(await page.locator('.page-navigation a').allInnerTexts(), ['Pengguna & peran', 'Lokasi & kunci', 'Kanal', 'Audit', 'Status'])
  for (const path of ['/admin/people', `/admin/people/${stack.ids.yan}`, '/admin/places', `/admin/places/${stack.prisons.jayapura}`, '/admin/channel', '/admin/audit', '/admin/audit?tab=notes', '/admin/status']) {
    await visit(page, path)
    const offered = await page.locator('main').locator('form:not([role=search]), a.govuk-button, button[type=button]').allInnerTexts()
    assert.deepEqual(offered.filter((text) => !['Berikutnya', 'Muat ulang'].includes(text.trim())), [], path)
    assert.doesNotMatch(await page.locator('main').innerText(), /tidak berhak|Ada yang perlu diperbaiki/, path)
  }
  await look(page, 'auditor-status')
  await visit(page, '/admin/audit')
  await look(page, 'auditor-audit')
  await page.getByRole('row', { name: /Pengguna ditambahkan|ditambahkan/ }).first().waitFor()
  for (const path of ['/admin/people/new', `/admin/people/${stack.ids.yan}/edit`, `/admin/places/${stack.prisons.jayapura}/key`, '/admin/channel/sms', '/admin/import',
    '/coordinator', `/coordinator/cases/${stack.cases.agus}`, '/officer/people', '/counsellor/people']) {
    await visit(page, path)
    await page.getByRole('heading', { level: 1, name: 'Halaman tidak ditemukan' }).waitFor()
  }
  const id = '019cb000-0000-7000-8000-000000000009'
  for (const [method, request] of [['CreatePerson', { id, name: 'X', email: 'x@example.org' }], ['GrantRole', { personId: stack.ids.yan, role: 'ROLE_ADMIN' }], ['RevokeKey', { keyId: id }],
    ['ResendDeadLetters', {}], ['GetNote', { noteId: id }], ['ListNotes', { participantId: stack.people.agus }], ['ListEndpoints', {}]]) {
    assert.deepEqual(await stack.call('auditor', method, request), { error: 'NOT_ALLOWED' }, method)
  }
  await quiet(page)
})

test('every page holds on a phone and at 400 %, in both languages', async (t) => {
  const paths = ['/admin/people', '/admin/people/new', `/admin/people/${stack.ids.yan}`, `/admin/people/${stack.ids.yan}/edit`, '/admin/places', '/admin/places/new',
    `/admin/places/${stack.prisons.jayapura}`, `/admin/places/${stack.prisons.jayapura}/key`, '/admin/channel', '/admin/channel/sms', '/admin/import', '/admin/audit', '/admin/audit?tab=notes', '/admin/status']
  for (const [width, language] of [[360, 'id'], [320, 'en']]) {
    const page = await asAdmin(t, { viewport: { width, height: 740 }, language })
    for (const path of paths) {
      await page.goto(path)
      await page.getByRole('heading', { level: 1 }).waitFor()
      await look(page, `admin-${width}${path.replace(/[^a-z]+/g, '-')}`)
    }
    await quiet(page)
  }
})

test('the status warns of backups and drills that nobody made', async (t) => {
  const page = await asAdmin(t, { language: 'id' })
  await page.goto('/admin/status')
  await page.getByText('Tidak ada latihan pemulihan dalam 35 hari terakhir').waitFor()
  await page.getByText('Latihan pemulihan terakhir').waitFor()
  await quiet(page)
})
