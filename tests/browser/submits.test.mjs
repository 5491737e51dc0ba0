// A double click on each thing that sends something: it is sent once. A form that isn't in the table fails.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { root, settle, signIn, startWorld, visit } from './support.mjs'

let stack
before(async () => {
  stack = await startWorld('coordinator_world')
  const { sessions } = await call('koordinator', 'ListSessions', { seriesId: stack.sessions.series, pageSize: 100 })
  const on = (date) => sessions.find(({ startsAt }) => startsAt.startsWith(date)).id
  Object.assign(stack, { old: on('2026-02-18'), older: on('2026-02-20'), wednesday: on('2026-02-25'), friday: on('2026-02-27'), today: on('2026-03-04') })
}, { timeout: 600_000 })
after(() => stack?.close())

const pages = join(root, 'services/gateway/web/src/pages')
const fixed = (number) => `019cb000-0000-7000-8000-${String(number).padStart(12, '0')}`
const call = (...asked) => stack.call(...asked)
const last = (page) => page.evaluate(() => location.pathname.split('/').pop())

const day = async (page, name, [date, month, year]) => {
  for (const [part, value] of [['', date], ['-month', month], ['-year', year]]) await page.fill(`#${name}${part}`, `${value}`)
}
const fill = (values) => async (page) => {
  for (const [name, value] of Object.entries(values)) {
    if (Array.isArray(value)) await day(page, name, value)
    else await page.locator(`[id="${name}"]`).fill(value)
  }
}
const choose = (name, option) => (page) => page.locator(`#${name}`).selectOption(option)
const tick = (label) => (page) => page.getByLabel(label).first().check()
const all = (...steps) => async (page) => { for (const step of steps) await step(page) }
const open = (button) => (page) => page.getByRole('button', { name: button, exact: true }).click()
const away = (short, how) => () => `/coordinator/cases/${stack.cases[short]}/${how}/${stack.people[short]}`
const move = (short, name) => () => `/coordinator/cases/${stack.cases[short]}/${name}`
const rememberAs = (name) => async (page) => { stack[name] = await last(page) }

// By person, in the order in which they do it: the page's source, where it is, how it is filled in, the button, the method that is called once
// (undefined: none yet), and what the next rows must know.
const SUBMITS = {
  koordinator: [
    ['coordinator/session', () => `/coordinator/sessions/${stack.sessions.single}/move`, fill({ startTime: '14.30' }), 'Simpan', 'UpdateSession'],
    ['coordinator/session', () => `/coordinator/sessions/${stack.sessions.single}/cancel`, null, 'Batalkan sesi ini', 'CancelSession'],
    ['coordinator/case_move', move('baru', 'accept'), null, 'Terima pendaftaran', 'AcceptReferral'],
    ['coordinator/case_move', move('baru', 'withdraw'), choose('reason', { index: 1 }), 'Tarik', 'WithdrawEnrollment'],
    ['coordinator/case_move', move('agus', 'assign'), choose('counsellorId', { label: 'Bayu Prakoso' }), 'Tugaskan konselor', 'AssignCounsellor'],
    ['coordinator/case_move', move('agus', 'hold'), null, 'Tunda', 'HoldEnrollment'],
    ['coordinator/case_move', move('agus', 'resume'), null, 'Lanjutkan kembali', 'ResumeEnrollment'],
    ['coordinator/case_move', move('menunggu', 'decide'), all(tick('Layak, belum siap'), choose('reason', { index: 1 })), 'Putuskan kelayakan', 'DecideSuitability'],
    ['coordinator/case_move', async () => {
      await call('koordinator', 'DecideSuitability', { id: stack.cases.menunggu, decision: 'SUITABILITY_DECISION_WAITLISTED' })
      return move('menunggu', 'activate')()
    }, choose('counsellorId', { label: 'Sari Wulandari' }), 'Aktifkan', 'ActivateEnrollment'],
    ['coordinator/case_move', move('bayu', 'complete'), null, 'Selesaikan', 'CompleteEnrollment'],
    ['coordinator/case_move', move('dedi', 'end'), choose('reason', { index: 1 }), 'Akhiri lebih awal', 'EndEnrollmentEarly'],
    ['aftercare/contact', async () => {
      await call('koordinator', 'ReleaseParticipant', { id: stack.people.eko, releasedOn: { year: 2026, month: 3, day: 4 } })
      return move('eko', 'contact')()
    }, tick('Ya, ia setuju dihubungi'), 'Simpan persetujuan', 'GiveConsent'],
    ['aftercare/contact', move('eko', 'contact'), fill({ phone: '+62 812 3456 7890' }), 'Simpan', 'UpdateAftercareContact'],
    ['coordinator/case_move', move('eko', 'close'), null, 'Tutup', 'CloseEnrollment'],

    ['coordinator/rooms', () => `/coordinator/prisons/${stack.prisons.kendari}/rooms/new`, fill({ name: 'Ruang Baru' }), 'Tambah ruang', 'CreateRoom'],
    ['coordinator/rooms', async () => {
      const { rooms } = await call('koordinator', 'ListRooms', { prisonId: stack.prisons.kendari })
      return `/coordinator/prisons/${stack.prisons.kendari}/rooms/${rooms.find(({ name }) => name === 'Ruang Baru').id}`
    }, fill({ capacity: '12' }), 'Simpan', 'UpdateRoom'],
    ['coordinator/closed_hours', () => `/coordinator/prisons/${stack.prisons.kendari}/hours/new`, all(tick('Jumat'), fill({ name: 'Salat Jumat', fromTime: '11.30', untilTime: '13' })),
      'Tambah jam tanpa kegiatan', 'CreateClosedHours'],
    ['coordinator/closed_hours', async () => {
      const { closedHours } = await call('koordinator', 'ListClosedHours', { prisonId: stack.prisons.kendari })
      return `/coordinator/prisons/${stack.prisons.kendari}/hours/${closedHours[0].id}`
    }, null, 'Akhiri jam tanpa kegiatan', 'EndClosedHours'],

    ['coordinator/cohort', () => `/coordinator/prisons/${stack.prisons.banyuwangi}/cohorts/new`, fill({ name: 'Angkatan I', startsOn: [1, 3, 2026], endsOn: [31, 8, 2026] }), 'Buat angkatan', 'CreateCohort'],
    ['coordinator/cohort', async () => {
      stack.ours = (await call('koordinator', 'ListCohorts', { prisonId: stack.prisons.banyuwangi })).cohorts[0].id
      return `/coordinator/cohorts/${stack.ours}/edit`
    }, fill({ name: 'Angkatan II' }), 'Simpan', 'UpdateCohort'],
    ['coordinator/cohort', () => `/coordinator/cohorts/${stack.ours}/add`, tick('Agus'), 'Masukkan orang', 'AssignCohort'],
    ['coordinator/cohort', move('panjang', 'cohort'), tick('Angkatan II'), 'Simpan', 'AssignCohort'],
    ['coordinator/cohort', gap, null, 'Coba masukkan lagi', 'CloseCohortGaps'],

    ['coordinator/transfer', away('menunggu', 'transfer'), choose('prisonId', { label: 'Lapas Kelas IIA Kendari' }), 'Lanjutkan', undefined],
    ['coordinator/transfer', away('menunggu', 'transfer'), all(choose('prisonId', { label: 'Lapas Kelas IIA Kendari' }), open('Lanjutkan')), 'Ya, catat pemindahan', 'TransferParticipant'],
    ['joint/release', away('far', 'release'), null, 'Lanjutkan', undefined],
    ['joint/release', away('far', 'release'), open('Lanjutkan'), 'Ya, catat pembebasan', 'ReleaseParticipant'],
    ['joint/consents', () => `${away('script', 'consents')()}/RESEARCH`, null, 'Catat persetujuan', 'GiveConsent'],
    ['joint/consents', () => `${away('script', 'consents')()}/RESEARCH`, null, 'Tarik persetujuan', 'WithdrawConsent'],

    ['coordinator/agreement_form', () => `/coordinator/agreements/new?prison=${stack.prisons.kendari}`, all(tick('Rehabilitasi Sosial 6 Bulan'), fill({
      number: 'PKS-9', validFrom: [1, 3, 2028], validUntil: [1, 3, 2029], seats: '5', visitsPerMonth: '4', runOffDays: '30',
      foundationName: 'Rina', foundationPosition: 'Ketua', prisonName: 'Rusli', prisonPosition: 'Kepala' })), 'Simpan sebagai draf', 'CreateAgreement'],
    ['coordinator/agreement_form', () => `/coordinator/agreements/${stack.agreement}/renew`, fill({ number: 'PKS-10' }), 'Simpan sebagai draf', 'RenewAgreement', rememberAs('renewal')],
    ['coordinator/agreement', () => `/coordinator/agreements/${stack.renewal}/sign`, null, 'Keduanya sudah menandatangani', 'SignAgreement'],
    ['coordinator/agreement', () => `/coordinator/agreements/${stack.renewal}/end`, fill({ endedOn: [30, 6, 2026], comment: 'Dipindah' }), 'Akhiri sebelum waktunya', 'EndAgreement'],

    ['coordinator/series_form', () => `/coordinator/series/new?day=2026-03-05&prison=${stack.prisons.kendari}`,
      all(fill({ startTime: '13.00' }), choose('roomId', { label: 'Aula' }), tick('Bayu Prakoso')), 'Buat dan jadwalkan', 'CreateSeries', rememberAs('series')],
    ['coordinator/series_form', () => `/coordinator/series/${stack.series}`, fill({ startTime: '14.00' }), 'Simpan', 'UpdateSeries'],
    ['coordinator/series_form', () => `/coordinator/series/${stack.series}/end`, null, 'Akhiri rangkaian', 'EndSeries'],

    ['coordinator/session_form', () => `/coordinator/sessions/new?day=2026-03-06&prison=${stack.prisons.kendari}`,
      all(fill({ startTime: '9.00' }), choose('roomId', { label: 'Aula' }), tick('Bayu Prakoso')), 'Buat sesi', 'CreateSession'],

    ['coordinator/templates', () => '/coordinator/notices/templates/SESSION_UPCOMING', (page) => page.locator('[id="indonesian.subject"]').fill('Besok: {{day}}'), 'Simpan', 'UpdateTemplate'],
    ['coordinator/rule_form', () => '/coordinator/notices/rules/CASES_WAITING', (page) => page.getByLabel('Jam setempat').fill('8'), 'Simpan', 'UpdateRuleDetails'],
    ['coordinator/rule_form', () => '/coordinator/notices/rules/new', fill({ name: 'Sementara' }), 'Buat aturan', 'CreateRule'],
    ['coordinator/rule_form', ruleOfMine, null, 'Hapus aturan ini', undefined],
    ['coordinator/rule_form', ruleOfMine, open('Hapus aturan ini'), 'Ya, hapus', 'DeleteRule'],
    ['coordinator/delivery', async () => `/coordinator/notices/deliveries/${(await dead())[0].id}`, null, 'Kirim lagi', 'ResendDelivery'],
    ['coordinator/notices', () => '/coordinator/notices', null, 'Kirim lagi', 'ResendDelivery'],
    ['coordinator/notices', () => '/coordinator/notices', null, 'Kirim lagi semuanya', 'ResendDeadLetters'],

    ['inbox/inbox', () => '/notices', null, 'Sudah dibaca', 'MarkNoticesRead'],
    ['inbox/inbox', () => '/notices', null, 'Tandai semua sudah dibaca', 'MarkNoticesRead'],
    ['inbox/preferences', () => '/notices/preferences', choose('timeZone', { index: 1 }), 'Simpan', 'UpdateMyPreferences'],
  ],
  admin: [
    ['admin/person', () => '/admin/people/new', all(fill({ name: 'Ibu Baru', email: 'ibu.baru@example.org' }), tick('Konselor')), 'Tambah pengguna', 'CreatePerson', rememberAs('person')],
    ['admin/person', () => `/admin/people/${stack.person}/edit`, fill({ name: 'Ibu Lama' }), 'Simpan', 'UpdatePerson'],
    ['admin/person', () => `/admin/people/${stack.person}`, tick('Admin'), 'Simpan peran', 'GrantRole'],
    ['admin/person', () => `/admin/people/${stack.person}`, (page) => page.getByLabel('Admin').uncheck(), 'Simpan peran', 'RevokeRole'],
    ['admin/person', () => `/admin/people/${stack.person}`, null, 'Buat kode sekali pakai', 'ResetPassword'],
    ['admin/person', () => `/admin/people/${stack.person}`, null, 'Cabut kode kedua', 'ResetTotp'],
    ['admin/person', () => `/admin/people/${stack.person}`, null, 'Keluarkan dari semua perangkat', 'SignOutEverywhere'],
    ['admin/person', () => `/admin/people/${stack.person}`, null, 'Nonaktifkan', 'DisablePerson'],
    ['admin/person', () => `/admin/people/${stack.person}`, null, 'Aktifkan lagi', 'EnablePerson'],
    ['admin/places', () => '/admin/places/new', fill({ code: 'LP-BR', name: 'Lapas Baru' }), 'Tambah lokasi', 'CreatePrison', rememberAs('place')],
    ['admin/places', () => `/admin/places/${stack.place}/edit`, fill({ address: 'Jalan Baru 2' }), 'Simpan', 'UpdatePrison'],
    ['admin/places', () => `/admin/places/${stack.place}/key`, fill({ name: 'lp-br-2026', publicKey: 'rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7' }), 'Tambah kunci', 'AddKey'],
    ['admin/places', () => `/admin/places/${stack.place}`, null, 'Cabut', 'RevokeKey'],
    ['admin/channel', () => '/admin/channel', null, 'Kirim surel percobaan', 'SendTestMail'],
    ['admin/channel', async () => {
      const [mail] = await stack.mails('admin', 1)
      await call('admin', 'RecordBounce', { deliveryId: mail.id, recipient: mail.to, status: '5.1.1', diagnostic: '550 no such mailbox' })
      return '/admin/channel'
    }, null, 'Lepaskan', 'RemoveSuppression'],
    ['admin/endpoint', () => '/admin/channel/sms', fill({ url: 'http://127.0.0.1:9/pesan' }), 'Buat', 'CreateEndpoint'],
    ['admin/endpoint', () => '/admin/channel/sms', null, 'Kirim pesan percobaan', 'SendTestMessage'],
    ['admin/endpoint', () => '/admin/channel/sms', null, 'Buat rahasia baru', 'RotateEndpointSecret'],
    ['admin/endpoint', () => '/admin/channel/sms', tick('Mati'), 'Simpan', 'UpdateEndpoint'],
    ['admin/import', () => '/admin/import', register, 'Lihat dahulu', 'ImportParticipants'],
    ['admin/import', () => '/admin/import', all(register, open('Lihat dahulu')), 'Impor 1 baris yang baik', 'ImportParticipants'],
  ],
  sari: [
    ['counsellor/attendance', () => `/counsellor/sessions/${stack.friday}/attendance`, all(tick('Ya'), open('Semua hadir')), 'Simpan', 'RecordAttendance'],
    ['counsellor/attendance', () => `/counsellor/sessions/${stack.old}/attendance`, all((page) => page.getByLabel('Terlambat', { exact: true }).first().check(),
      (page) => page.locator('#lateReason').fill('Salah baca')), 'Simpan', 'CorrectAttendance'],
    ['counsellor/screening', async () => {
      await call('koordinator', 'AssignCounsellor', { id: stack.cases.asesmen, counsellorId: stack.ids.sari, version: (await call('koordinator', 'GetEnrollment', { id: stack.cases.asesmen })).version })
      return `/counsellor/people/${stack.people.asesmen}/cases/${stack.cases.asesmen}/screening`
    }, fill({ AMPHETAMINES: '28' }), 'Simpan skrining', 'RecordScreening'],
    ['counsellor/note_editor', note('script'), write, 'Tandatangani dan kunci', undefined],
    ['counsellor/note_editor', note('script'), all(write, open('Tandatangani dan kunci')), 'Ya, tandatangani', 'SignNote', rememberAs('note')],
    ['counsellor/note_editor', note('arab'), signedElsewhere, 'Tambahkan sebagai amandemen', 'AmendNote'],
    ['counsellor/note', () => `/counsellor/notes/${stack.note}`, all(open('Tambah amandemen'), fill({ text: 'Ralat.' })), 'Simpan amandemen', 'AmendNote'],
    ['counsellor/note_editor', note('panjang'), write, 'Buang draf', undefined],
    ['counsellor/note_editor', note('panjang'), all(write, open('Buang draf')), 'Ya, buang', 'DiscardDraft'],
    ['counsellor/availability', () => '/counsellor/availability', fill({ first: [11, 3, 2026] }), 'Simpan dan lihat sesi yang terkena', 'CreateAbsence', rememberAs('absence')],
    ['counsellor/availability', () => `/counsellor/availability/${stack.absence}`, tick('Batalkan'), 'Simpan', 'CancelSession'],
    ['counsellor/availability', () => `/counsellor/availability/${stack.absence}`, null, 'Saya jadi tersedia', undefined],
    ['counsellor/availability', () => `/counsellor/availability/${stack.absence}`, open('Saya jadi tersedia'), 'Ya, saya tersedia', 'WithdrawAbsence'],
    ['counsellor/availability', () => `/counsellor/sessions/${stack.today}/cannot`, null, 'Saya tidak bisa hadir', 'CreateAbsence', rememberAs('absence')],
    ['counsellor/availability', () => `/counsellor/availability/${stack.absence}`, tick('Bayu Prakoso'), 'Simpan', 'ReplaceCounsellor'],
    ['counsellor/calendar', () => '/counsellor/calendar', null, 'Buat tautan', 'CreateCalendarFeed'],
    ['counsellor/calendar', async () => {
      await call('sari', 'CreateCalendarFeed', { id: fixed(1), counsellorId: stack.ids.sari })
      return '/counsellor/calendar'
    }, null, /^Akhiri/, 'RevokeCalendarFeed'],
  ],
  bayu: [
    ['counsellor/glass', async () => {
      const [noteId, enrollmentId, occurredAt] = [fixed(2), stack.cases.bayu, '2026-03-03T03:00:00Z']
      await call('sari', 'SaveDraft', { id: noteId, type: 'NOTE_TYPE_INCIDENT', enrollmentId, revision: 1, occurredAt, body: { text: 'Gelisah.' } })
      await call('sari', 'SignNote', { noteId, revision: 1 })
      return `/counsellor/notes/${noteId}?person=${stack.people.bayu}`
    }, fill({ reason: 'Ancaman bunuh diri' }), 'Buka selama satu jam', 'RequestBreakGlass'],
  ],
  ratna: [
    ['joint/corrections', async () => {
      await call('budi', 'CorrectAttendance', { id: fixed(3), sessionId: stack.older, participantId: stack.people.dedi, mark: 'ATTENDANCE_MARK_REFUSED', reason: 'Salah baca' })
      return '/counsellor/review'
    }, null, 'Sahkan koreksi Dedi', 'CountersignCorrection'],
    ['joint/corrections', async () => {
      await call('budi', 'CorrectAttendance', { id: fixed(5), sessionId: stack.older, participantId: stack.people.eko, mark: 'ATTENDANCE_MARK_REFUSED', reason: 'Salah baca' })
      return '/counsellor/review'
    }, null, 'Tolak koreksi Eko Waskito', undefined],
    ['joint/corrections', () => '/counsellor/review', all(open('Tolak koreksi Eko Waskito'), fill({ reason: 'Ia hadir' })), 'Tolak koreksi Eko Waskito', 'RefuseCorrection'],
    ['counsellor/review', async () => {
      await call('bayu', 'RequestBreakGlass', { id: fixed(4), participantId: stack.people.dedi, reason: 'Ancaman bunuh diri', minutes: 60 })
      return `/counsellor/review/${fixed(4)}`
    }, tick('Tidak tepat'), 'Simpan penilaian', 'ReviewBreakGlass'],
  ],
  budi: [
    ['officer/people', () => '/officer/people', fill({ search: 'Agus' }), 'Cari', 'ListParticipants'],
    ['officer/person_form', () => '/officer/people/new', fill({ name: 'Iwan', registerNumber: 'B.I 300/2026', offenceArticles: 'Pasal 112', sentenceStart: [1, 1, 2025],
      twoThirdsOn: [1, 1, 2027], expectedReleaseOn: [1, 1, 2028] }), 'Simpan', 'CreateParticipant', rememberAs('participant')],
    ['officer/person_form', () => `/officer/people/${stack.participant}/edit`, fill({ block: 'C 3' }), 'Simpan', 'UpdateParticipant'],
    ...['ASSESSMENT', 'PRISON_DECREE', 'MEDICAL_RECORD'].map((kind) =>
      ['officer/referral', () => `/officer/referrals/${stack.participant}/papers/${kind}`, fill({ number: 'TAT-17', datedOn: [3, 2, 2026], issuedBy: 'Lapas' }), 'Simpan', 'RecordReferralDocument']),
    ['officer/referral', () => `/officer/referrals/${stack.participant}/consent`, tick('Setuju'), 'Simpan', 'GiveConsent'],
    ['officer/referral', () => `/officer/referrals/${stack.participant}/check`, null, 'Kirim pendaftaran', 'CreateReferral'],
    ['joint/consents', () => `/officer/people/${stack.participant}/consents/SHARE_BNN`, null, 'Catat persetujuan', 'GiveConsent'],
    ['joint/release', () => `/officer/people/${stack.participant}/release`, open('Lanjutkan'), 'Ya, catat pembebasan', 'ReleaseParticipant'],
    ['officer/roll', () => `/officer/sessions/${stack.wednesday}`, async (page) => {
      const row = page.locator('.roll__row').first()
      await row.getByRole('radio', { name: 'Tidak' }).check()
      await row.locator('select').selectOption('ATTENDANCE_MARK_SICK')
      await page.fill('#lateReason', 'Lembar kertas')
    }, 'Simpan 1 catatan', 'RecordAttendance'],
    ['officer/correct', () => `/officer/sessions/${stack.older}/correct/${stack.people.agus}`, all(tick('Sakit'), fill({ reason: 'Salah baca' })), 'Ajukan koreksi', 'CorrectAttendance'],
    ['officer/changes', () => '/officer/changes/close', all(tick('Lockdown'), (page) => day(page, 'first', [20, 3, 2026])), 'Lanjutkan', undefined],
    ['officer/changes', () => '/officer/changes/close', all(tick('Lockdown'), (page) => day(page, 'first', [20, 3, 2026]), open('Lanjutkan')), 'Batalkan hari ini', 'CreateClosure'],
    ['officer/changes', async () => `/officer/changes/open/${(await call('budi', 'ListClosures', { prisonId: stack.prisons.banyuwangi })).rows[0].closure.id}`, null, 'Buka lagi hari ini', 'WithdrawClosure'],
    ['common', () => '/sign-out', null, 'Keluar dari semua perangkat', 'SignOutEverywhere', theDoor],
    ['sign_in', () => '/', (page) => fill({ email: 'budi@example.org', password: stack.password })(page), 'Masuk', 'session'],
    ['common', () => '/sign-out', null, 'Keluar', 'session'],
  ],
}

// Whoever signs out is at the door of a page that is loaded anew.
function theDoor(page) {
  return page.waitForFunction(() => !window.entered && document.querySelector('#email'))
}
const dead = async () => (await call('koordinator', 'ListDeadLetters', {})).deliveries
async function ruleOfMine() {
  const { rules } = await call('koordinator', 'ListRules', {})
  return `/coordinator/notices/rules/${rules.find(({ name }) => name === 'Sementara').key}`
}
// Somebody joins who is elsewhere when the cohort meets.
async function gap() {
  const [slot, startsAt, endsAt] = [{ prisonId: stack.prisons.banyuwangi, component: 'COMPONENT_VOCATIONAL' }, '2026-03-12T01:00:00Z', '2026-03-12T02:00:00Z']
  await call('koordinator', 'CreateSession', { ...slot, id: fixed(5), roomId: stack.rooms.study, startsAt, endsAt, counsellorIds: [stack.ids.sari], enrollmentIds: [stack.cases.script] })
  await call('koordinator', 'CreateSeries', { ...slot, id: fixed(6), roomId: stack.rooms.hall, startDay: { year: 2026, month: 3, day: 12 }, startTime: '08:00', durationMinutes: 60,
    holidayPolicy: 'HOLIDAY_POLICY_KEEP', counsellorIds: [stack.ids.bayu], cohortId: stack.ours })
  await call('koordinator', 'AssignCohort', { enrollmentIds: [stack.cases.script], cohortId: stack.ours })
  while (!(await call('koordinator', 'ListCohortGaps', { cohortId: stack.ours })).gaps) await new Promise((done) => setTimeout(done, 100))
  return `/coordinator/cohorts/${stack.ours}`
}
function note(short) {
  return () => `/counsellor/people/${stack.people[short]}/cases/${stack.cases[short]}/notes/INCIDENT`
}
async function write(page) {
  await page.getByLabel('Isi catatan').fill('Tenang.')
  await page.locator('.counsellor-save > [aria-hidden]').filter({ hasText: 'Tersimpan di server' }).waitFor()
}
async function signedElsewhere(page) {
  await write(page)
  await call('sari', 'SignNote', { noteId: await last(page), revision: 1 })
  await page.getByLabel('Isi catatan').fill('Tenang sekali.')
}
async function register(page) {
  await page.getByLabel('Tempat bekerja').selectOption({ label: 'Lapas Kelas IIA Kendari' })
  await page.setInputFiles('#file', { name: 'register.csv', mimeType: 'text/csv', buffer: Buffer.from('No. Register;Nama\r\nK 1/2026;Sukarno\r\n') })
}

// Methods that write, by their contracts.
const writes = new Set(execFileSync('find', [join(root, 'proto'), '-name', '*.proto'], { encoding: 'utf8' }).trim().split('\n')
  .flatMap((path) => [...readFileSync(path, 'utf8').matchAll(/^ {2}rpc (\w+)\(.*?^ {2}}/gms)])
  .filter(([contract]) => !contract.includes('NO_SIDE_EFFECTS')).map(([, method]) => method))
// A draft is saved while one types, a note that is read is logged, a language goes along with the preferences, a second factor with a sign-in.
const NO_SUBMIT = ['SaveDraft', 'GetNote', 'SetMyLanguage', 'SetUpTotp']
const methodOf = (url) => new URL(url).pathname.split('/').pop()
const isWrite = (method) => writes.has(method) && !NO_SUBMIT.includes(method)

// As fast as people do it, which is slower than an answer comes.
const BETWEEN_MS = 40
const LATER_MS = 150

/** As Back and Forward go, without loading everything anew; to where one is already, anew. */
async function goTo(page, path) {
  const [before, now] = [page.shows, path.split('?')[0]]
  page.shows = now
  if (before === now) return visit(page, path)
  await page.evaluate((to) => {
    window.entered = true
    history.pushState({ position: 0 }, '', to)
    dispatchEvent(new PopStateEvent('popstate', { state: history.state }))
  }, path)
  await settle(page)
}

/** Fills the form in, clicks its button twice, and gives the answers to what was called by it. */
async function submitTwice(page, [, where, fillIn, button, method]) {
  await goTo(page, await where())
  await fillIn?.(page)
  const target = page.getByRole('button', { name: button, exact: true }).first()
  await target.waitFor()
  const asked = []
  const listen = (request) => {
    const called = methodOf(request.url())
    if (request.method() !== 'GET' && (isWrite(called) || called === method)) asked.push(request)
  }
  page.on('request', listen)
  await target.dblclick({ delay: BETWEEN_MS })
  await page.waitForTimeout(LATER_MS)
  for (let tries = 0; method && asked.length === 0 && tries < 400; tries++) await page.waitForTimeout(50)
  page.off('request', listen)
  const answers = await Promise.all(asked.map((request) => request.response()))
  // Until the page has done with them.
  await page.waitForFunction(() => !document.querySelector('[aria-disabled=true]'))
  return answers
}

describe('a double click', { concurrency: true }, () => {
  for (const [who, rows] of Object.entries(SUBMITS)) {
    test(`a double click on each thing that ${who} submits sends it once`, async (t) => {
      const page = await signIn(stack, who)
      t.after(() => page.context().close())
      const wrong = []
      for (const row of rows) {
        const [source, , , button, method, remember] = row
        try {
          const answers = await submitTwice(page, row)
          const told = answers.map((answer) => `${methodOf(answer.url())} ${answer.status()}`)
          if (told.some((one) => / [45]/.test(one))) told.push(await answers[0].text())
          assert.deepEqual(told.join(), method ? `${method} ${method === 'session' && button === 'Keluar' ? 204 : 200}` : '')
          await remember?.(page)
        } catch (error) { wrong.push(`${source} ${button} ${method}: ${page.url()} ${error.message.slice(0, 700)}`) }
      }
      assert.deepEqual(wrong, [])
      assert.deepEqual(page.complaints, [])
    })
  }
})

const sources = execFileSync('find', [pages, '-name', '*.ts*'], { encoding: 'utf8' }).trim().split('\n')
test('every form and every write of the page stands in the table', () => {
  const rows = Object.values(SUBMITS).flat()
  for (const path of sources) {
    const source = path.slice(pages.length + 1).replace(/\.tsx?$/, '').replace(/case_moves$/, 'case_move')
    const text = readFileSync(path, 'utf8')
    const own = rows.filter(([name]) => name === source)
    const forms = [...text.matchAll(/(?<!typeof )\b(useForm|useEdit)[(<]|<Action\b/g)].length
    assert.ok(own.length >= forms, `${source} has ${forms} forms, the table ${own.length}`)
    const calls = [...text.matchAll(/'[a-z]+\.v1\.\w+\/(\w+)'/g)].map(([, method]) => method)
    const missing = calls.filter((method) => isWrite(method) && !own.some(([, , , , known]) => known === method))
    assert.deepEqual(missing, [], `${source} calls what the table doesn't have`)
  }
})
