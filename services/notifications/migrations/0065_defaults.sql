-- The rules and texts that every foundation starts with.
insert into notifications.occasion (name, example) values
('SESSION_UPCOMING', '{"prison": "Lapas Kelas IIA Banyuwangi", "day": "Selasa, 3 Maret 2026", "time": "09.00–10.00 WIB",
    "room": "Aula", "kind": "sesi kelompok", "count": 8, "yours": true}'),
('SESSION_CHANGED', '{"prison": "Lapas Kelas IIA Banyuwangi", "day": "Selasa, 3 Maret 2026", "time": "09.00–10.00 WIB",
    "room": "Aula", "kind": "sesi kelompok", "count": 8, "yours": true}'),
('SESSION_CANCELLED', '{"prison": "Lapas Kelas IIA Banyuwangi", "day": "Selasa, 3 Maret 2026", "time": "09.00–10.00 WIB",
    "room": "Aula", "kind": "sesi kelompok", "count": 8, "yours": true}'),
('DAY_ROSTER', '{"prison": "Lapas Kelas IIA Banyuwangi", "day": "Selasa, 3 Maret 2026", "session_count": 1,
    "participant_count": 8, "rows": [{"prison": "Lapas Kelas IIA Banyuwangi", "day": "Selasa, 3 Maret 2026",
    "time": "09.00–10.00 WIB", "room": "Aula", "kind": "sesi kelompok", "count": 8}]}'),
('ATTENDANCE_UNMARKED', '{"prison": "Lapas Kelas IIA Banyuwangi", "day": "Senin, 2 Maret 2026", "unmarked_count": 3,
    "rows": [{"prison": "Lapas Kelas IIA Banyuwangi", "day": "Senin, 2 Maret 2026", "time": "09.00–10.00 WIB",
    "room": "Aula", "kind": "sesi kelompok", "count": 8, "unmarked": 3}]}'),
('CASES_WAITING', '{"prison": "Lapas Kelas IIA Banyuwangi", "case_count": 1, "waiting_days": 14,
    "rows": [{"initials": "B.S.", "days": 14}]}'),
('AGREEMENT_EXPIRING', '{"prison": "Lapas Kelas IIA Banyuwangi", "number": "PKS/12/2025",
    "last_day": "Minggu, 31 Mei 2026", "days": 90}'),
('WEEK_DIGEST', '{"from": "Senin, 23 Februari 2026", "until": "Minggu, 1 Maret 2026",
    "rows": [{"prison": "Lapas Kelas IIA Banyuwangi", "held": 12, "cancelled": 1, "unmarked": 3, "coming": 14,
    "waiting": 5}]}');

insert into notifications.template (key, language, occasion, subject, body) values
('SESSION_UPCOMING', 'id', 'SESSION_UPCOMING', 'Pengingat jadwal: {{day}}, {{time}}',
'Mengingatkan jadwal berikut.

{{day}}, {{time}}
{{prison}}, {{room}}
{{kind}}, {{count}} orang

Rinciannya ada di halaman Pulih.
'),
('SESSION_UPCOMING', 'en', 'SESSION_UPCOMING', 'Schedule reminder: {{day}}, {{time}}',
'A reminder of this appointment.

{{day}}, {{time}}
{{prison}}, {{room}}
{{kind}}, {{count}} people

The details are on the Pulih page.
'),
('SESSION_CHANGED', 'id', 'SESSION_CHANGED', 'Jadwal berubah: {{day}}, {{time}}',
'Jadwal berikut telah berubah. Yang berlaku sekarang:

{{day}}, {{time}}
{{prison}}, {{room}}
{{kind}}, {{count}} orang
{{^yours}}

Anda tidak lagi bertugas pada jadwal ini.
{{/yours}}

Rinciannya ada di halaman Pulih.
'),
('SESSION_CHANGED', 'en', 'SESSION_CHANGED', 'Schedule changed: {{day}}, {{time}}',
'This appointment has changed. It is now:

{{day}}, {{time}}
{{prison}}, {{room}}
{{kind}}, {{count}} people
{{^yours}}

You are not expected at it any more.
{{/yours}}

The details are on the Pulih page.
'),
('SESSION_CANCELLED', 'id', 'SESSION_CANCELLED', 'Jadwal dibatalkan: {{day}}, {{time}}',
'Jadwal berikut dibatalkan.

{{day}}, {{time}}
{{prison}}, {{room}}
{{kind}}

Rinciannya ada di halaman Pulih.
'),
('SESSION_CANCELLED', 'en', 'SESSION_CANCELLED', 'Schedule cancelled: {{day}}, {{time}}',
'This appointment is cancelled.

{{day}}, {{time}}
{{prison}}, {{room}}
{{kind}}

The details are on the Pulih page.
'),
('DAY_ROSTER', 'id', 'DAY_ROSTER', 'Jadwal hari ini: {{day}}',
'{{prison}}, {{day}}: {{session_count}} jadwal, {{participant_count}} orang.

{{#rows}}
{{time}}  {{room}}  {{kind}}, {{count}} orang
{{/rows}}

Daftar nama ada di halaman Pulih dan pada lembar panggil yang dicetak.
'),
('DAY_ROSTER', 'en', 'DAY_ROSTER', 'Today''s schedule: {{day}}',
'{{prison}}, {{day}}: {{session_count}} appointments, {{participant_count}} people.

{{#rows}}
{{time}}  {{room}}  {{kind}}, {{count}} people
{{/rows}}

The list of names is on the Pulih page and on the printed call sheet.
'),
('ATTENDANCE_UNMARKED', 'id', 'ATTENDANCE_UNMARKED', 'Kehadiran belum dicatat: {{day}}',
'{{prison}}, {{day}}: kehadiran {{unmarked_count}} orang belum dicatat.

{{#rows}}
{{time}}  {{room}}  {{unmarked}} dari {{count}} orang
{{/rows}}

Mohon dicatat di halaman Pulih.
'),
('ATTENDANCE_UNMARKED', 'en', 'ATTENDANCE_UNMARKED', 'Attendance not recorded: {{day}}',
'{{prison}}, {{day}}: attendance of {{unmarked_count}} people isn''t recorded yet.

{{#rows}}
{{time}}  {{room}}  {{unmarked}} of {{count}} people
{{/rows}}

Please record it on the Pulih page.
'),
('CASES_WAITING', 'id', 'CASES_WAITING', 'Menunggu tindak lanjut: {{case_count}} ({{prison}})',
'{{prison}}: {{case_count}} hal menunggu tindak lanjut selama {{waiting_days}} hari atau lebih.

{{#rows}}
{{initials}}  {{days}} hari
{{/rows}}

Daftarnya ada di halaman Pulih.
'),
('CASES_WAITING', 'en', 'CASES_WAITING', 'Waiting for action: {{case_count}} ({{prison}})',
'{{prison}}: {{case_count}} have waited {{waiting_days}} days or longer for the next step.

{{#rows}}
{{initials}}  {{days}} days
{{/rows}}

The list is on the Pulih page.
'),
('AGREEMENT_EXPIRING', 'id', 'AGREEMENT_EXPIRING', 'Kerja sama {{prison}} berakhir dalam {{days}} hari',
'Perjanjian kerja sama {{number}} dengan {{prison}} berlaku sampai {{last_day}}: {{days}} hari lagi.

Bila akan dilanjutkan, perpanjangannya perlu ditandatangani sebelum itu. Pengingat berhenti setelah ditandatangani.
'),
('AGREEMENT_EXPIRING', 'en', 'AGREEMENT_EXPIRING', 'The agreement with {{prison}} ends in {{days}} days',
'Cooperation agreement {{number}} with {{prison}} is in force until {{last_day}}: {{days}} more days.

If it is to go on, its renewal must be signed before. These reminders stop when it is.
'),
('WEEK_DIGEST', 'id', 'WEEK_DIGEST', 'Ringkasan mingguan sampai {{until}}',
'{{from}} sampai {{until}}.

{{#rows}}
{{prison}}
  terlaksana {{held}}, dibatalkan {{cancelled}}, kehadiran belum dicatat {{unmarked}}
  pekan ini {{coming}}, menunggu tindak lanjut {{waiting}}
{{/rows}}
'),
('WEEK_DIGEST', 'en', 'WEEK_DIGEST', 'Weekly summary until {{until}}',
'{{from}} to {{until}}.

{{#rows}}
{{prison}}
  held {{held}}, cancelled {{cancelled}}, attendance not recorded {{unmarked}}
  this week {{coming}}, waiting for action {{waiting}}
{{/rows}}
');

insert into notifications.rule
    (key, occasion, lead, days_before, at_time, waiting_days, weekday, time_zone, audience, template, useful_for) values
('SESSION_DAY_BEFORE', 'SESSION_UPCOMING', null, 1, '18:00', null, null, null, '{COUNSELLOR,OFFICER}', 'SESSION_UPCOMING',
    '12 hours'),
('SESSION_SOON', 'SESSION_UPCOMING', '2 hours', null, null, null, null, null, '{COUNSELLOR,OFFICER}', 'SESSION_UPCOMING',
    '2 hours'),
('SESSION_CHANGED', 'SESSION_CHANGED', null, null, null, null, null, null, '{COUNSELLOR,OFFICER}', 'SESSION_CHANGED',
    '7 days'),
('SESSION_CANCELLED', 'SESSION_CANCELLED', null, null, null, null, null, null, '{COUNSELLOR,OFFICER}', 'SESSION_CANCELLED',
    '7 days'),
('DAY_ROSTER', 'DAY_ROSTER', null, null, '06:00', null, null, null, '{OFFICER}', 'DAY_ROSTER', '10 hours'),
('ATTENDANCE_UNMARKED', 'ATTENDANCE_UNMARKED', null, null, '07:00', null, null, null, '{OFFICER}', 'ATTENDANCE_UNMARKED',
    '12 hours'),
('CASES_WAITING', 'CASES_WAITING', null, null, '07:00', 14, null, null, '{COORDINATOR}', 'CASES_WAITING', '3 days'),
('AGREEMENT_90_DAYS', 'AGREEMENT_EXPIRING', null, 90, '07:00', null, null, null, '{COORDINATOR,PRISON_HEAD}',
    'AGREEMENT_EXPIRING', '7 days'),
('AGREEMENT_60_DAYS', 'AGREEMENT_EXPIRING', null, 60, '07:00', null, null, null, '{COORDINATOR,PRISON_HEAD}',
    'AGREEMENT_EXPIRING', '7 days'),
('AGREEMENT_30_DAYS', 'AGREEMENT_EXPIRING', null, 30, '07:00', null, null, null, '{COORDINATOR,PRISON_HEAD}',
    'AGREEMENT_EXPIRING', '7 days'),
('AGREEMENT_7_DAYS', 'AGREEMENT_EXPIRING', null, 7, '07:00', null, null, null, '{COORDINATOR,PRISON_HEAD}',
    'AGREEMENT_EXPIRING', '5 days'),
('WEEKLY_DIGEST', 'WEEK_DIGEST', null, null, '07:00', null, 1, 'Asia/Jakarta', '{COORDINATOR}', 'WEEK_DIGEST', '2 days');
