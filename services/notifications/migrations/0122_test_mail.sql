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

create or replace function notifications.fields_of(occasion text, subject_id uuid, recipient_id uuid, day date,
    waiting_days integer, language text) returns jsonb
language plpgsql stable
as $$
begin
    case occasion
    when 'DAY_ROSTER' then return notifications.roster_fields(subject_id, day, language);
    when 'ATTENDANCE_UNMARKED' then return notifications.unmarked_fields(subject_id, day, language);
    when 'CASES_WAITING' then return notifications.waiting_fields(subject_id, day, waiting_days, language);
    when 'AGREEMENT_EXPIRING' then return notifications.agreement_fields(subject_id, language);
    when 'WEEK_DIGEST' then return notifications.digest_fields(day, language);
    when 'TEST' then
        return (select jsonb_build_object('name', s.name,
                'day', notifications.say_day((context.now() at time zone 'Asia/Jakarta')::date, fields_of.language))
            from identity.staff_published s
            where s.id = fields_of.recipient_id);
    else
        -- The three about one session. `yours` is false for a counsellor who is in it no more.
        return (select notifications.session_fields(s, p, fields_of.language)
                || jsonb_build_object('yours', staff.prison_id is not null or staff.id = any (s.counsellor_ids))
            from scheduling.session_published s
            join enrollment.prison_published p on p.id = s.prison_id
            join identity.staff_published staff on staff.id = fields_of.recipient_id
            where s.id = fields_of.subject_id);
    end case;
end
$$;
