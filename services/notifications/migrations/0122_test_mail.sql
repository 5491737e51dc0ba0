-- A mail to see whether mail arrives: a rule like every other, so that it goes through all that a notice goes through.
alter table notifications.rule drop constraint rule_audience_is_known;
alter table notifications.rule add constraint rule_audience_is_known
    check (audience <> '{}' and audience <@ array['COUNSELLOR', 'OFFICER', 'PRISON_HEAD', 'COORDINATOR', 'ADMIN']);

insert into notifications.occasion (name, example) values
('TEST', '{"day": "Selasa, 3 Maret 2026", "name": "Wahyu"}');

insert into notifications.template (key, language, occasion, subject, body) values
('TEST', 'id', 'TEST', 'Surel percobaan dari Pulih',
'{{name}}, ini surel percobaan yang Anda minta pada {{day}}.

Bila Anda membacanya, pengiriman surel dari Pulih berjalan.
'),
('TEST', 'en', 'TEST', 'Test mail from Pulih',
'{{name}}, this is the test mail that you asked for on {{day}}.

If you can read it, Pulih''s mail arrives.
');

insert into notifications.rule (key, occasion, audience, template, useful_for) values
('TEST_MAIL', 'TEST', '{ADMIN}', 'TEST', '1 hour');
