-- Many notices as one. A delivery that ends SUMMED_UP joins a summary, which is a delivery like others: one for a storm, due in a
-- minute, or one for its recipient's digest, due at their time. What a summary says is composed when it is sent.
alter table notifications.rule drop constraint rule_audience_is_known;
alter table notifications.rule add constraint rule_audience_is_known check (audience <> '{}' and audience <@ array['COUNSELLOR',
    'OFFICER', 'PRISON_HEAD', 'CLINICAL_SUPERVISOR', 'COORDINATOR', 'ADMIN', 'AUDITOR']);

insert into notifications.occasion (name, example) values
('SUMMARY', '{"day": "Selasa, 3 Maret 2026", "has_sessions": true, "session_count": 21, "groups": [{"cancelled": true,
    "changed": false, "upcoming": false, "count": 21, "more": true, "more_count": 1, "rows": [
    {"prison": "Lapas Kelas IIA Banyuwangi", "day": "Selasa, 3 Maret 2026", "time": "09.00–10.00 WIB", "room": "Aula",
    "kind": "sesi kelompok", "count": 8, "yours": true}]}],
    "parts": [{"subject": "Kehadiran belum dicatat: Senin, 2 Maret 2026", "body": "Mohon dicatat di halaman Pulih."}]}');

insert into notifications.template (key, language, occasion, subject, body) values
('SUMMARY', 'id', 'SUMMARY',
'{{#has_sessions}}Ringkasan: {{session_count}} jadwal{{/has_sessions}}{{^has_sessions}}Ringkasan {{day}}{{/has_sessions}}',
'{{#groups}}
{{#cancelled}}
Dibatalkan: {{count}} jadwal
{{/cancelled}}
{{#changed}}
Berubah: {{count}} jadwal. Yang berlaku sekarang:
{{/changed}}
{{#upcoming}}
Akan datang: {{count}} jadwal
{{/upcoming}}

{{#rows}}
{{day}}, {{time}}
{{prison}}, {{room}}, {{kind}}{{^yours}} (Anda tidak lagi bertugas){{/yours}}

{{/rows}}
{{#more}}
Dan {{more_count}} jadwal lagi.

{{/more}}
{{/groups}}
{{#parts}}
{{subject}}

{{body}}

{{/parts}}
Rinciannya ada di halaman Pulih.
'),
('SUMMARY', 'en', 'SUMMARY',
'{{#has_sessions}}Summary: {{session_count}} appointments{{/has_sessions}}{{^has_sessions}}Summary, {{day}}{{/has_sessions}}',
'{{#groups}}
{{#cancelled}}
Cancelled: {{count}} appointments
{{/cancelled}}
{{#changed}}
Changed: {{count}} appointments. They are now:
{{/changed}}
{{#upcoming}}
Coming: {{count}} appointments
{{/upcoming}}

{{#rows}}
{{day}}, {{time}}
{{prison}}, {{room}}, {{kind}}{{^yours}} (you are not expected any more){{/yours}}

{{/rows}}
{{#more}}
And {{more_count}} more.

{{/more}}
{{/groups}}
{{#parts}}
{{subject}}

{{body}}

{{/parts}}
The details are on the Pulih page.
');

insert into notifications.rule (key, occasion, audience, template, useful_for) values
('SUMMARY', 'SUMMARY', '{COUNSELLOR,OFFICER,PRISON_HEAD,CLINICAL_SUPERVISOR,COORDINATOR,ADMIN,AUDITOR}', 'SUMMARY', '3 days');

create table notifications.summary_item (
    -- What is told of, in one summary only.
    delivery_id uuid not null,
    summary_id uuid not null,
    constraint summary_item_pkey primary key (delivery_id),
    constraint summary_item_delivery_exists foreign key (delivery_id) references notifications.delivery (id),
    constraint summary_item_summary_exists foreign key (summary_id) references notifications.delivery (id)
);
create index summary_item_by_summary on notifications.summary_item (summary_id);
grant select, insert on notifications.summary_item to pulih_notifications;

-- The lowest id of what was planned then or later.
create function notifications.id_since(instant timestamptz) returns uuid
language sql immutable strict parallel safe
return encode(overlay('\x00000000000000000000000000000000'::bytea
    placing substring(int8send((extract(epoch from instant) * 1000)::bigint) from 3) from 1 for 6), 'hex')::uuid;

-- Summaries that can take more: nobody has one in hand, and none of it was ever said. What is being claimed at this moment can't.
create function notifications.open_summaries(recipient_ids uuid[])
returns table (summary_id uuid, recipient_id uuid, due_at timestamptz)
language sql volatile
as $$
    select d.id, d.recipient_id, d.due_at
    from notifications.delivery d
    join notifications.outbox q on q.delivery_id = d.id
    where d.recipient_id = any (recipient_ids) and d.rule = 'SUMMARY' and d.state = 'PENDING'
        and d.id >= notifications.id_since(context.now() - interval '4 days')
        and q.next_at is not null and q.lease_until is null and q.attempt = q.attempts_before
    order by d.id
    for update of q skip locked
$$;

-- Whoever has five notices of sessions or more that are due now, and in nobody's hands, gets a summary; and while one is open,
-- whatever else comes of the kind joins it. An hour back is enough: what is older waits for another attempt.
create function notifications.sum_up_planned() returns trigger
language plpgsql as $$
declare
    soon timestamptz := context.now() + interval '1 minute';
    told uuid[];
begin
    select array_agg(distinct p.recipient_id) into told
    from planned p
    join notifications.rule r on r.key = p.rule and not 'AFTERCARE' = any (r.audience)
    where p.due_at <= soon and r.occasion in ('SESSION_UPCOMING', 'SESSION_CHANGED', 'SESSION_CANCELLED');
    if told is null then
        return null;
    end if;
    perform pg_advisory_xact_lock(hashtext('notifications.summary'));
    with waiting as materialized (
        select d.id, d.recipient_id
        from notifications.delivery d
        join notifications.rule r on r.key = d.rule
        join notifications.outbox q on q.delivery_id = d.id
        where d.recipient_id = any (told) and d.id >= notifications.id_since(context.now() - interval '1 hour')
            and d.due_at <= soon and r.occasion in ('SESSION_UPCOMING', 'SESSION_CHANGED', 'SESSION_CANCELLED')
            and q.next_at is not null and q.lease_until is null
        for update of q skip locked
    ), many as (
        select recipient_id from waiting group by recipient_id having count(*) >= 5
        union
        select recipient_id from notifications.open_summaries(told) where due_at <= soon
    ), gone as (
        delete from notifications.outbox q
        using waiting w join many m on m.recipient_id = w.recipient_id
        where q.delivery_id = w.id
        returning q.delivery_id, q.attempt
    )
    update notifications.delivery d
    set state = 'SUPERSEDED', cause = 'SUMMED_UP', settled_at = context.now(), attempt = gone.attempt
    from gone
    where d.id = gone.delivery_id;
    return null;
end
$$;
-- Behind queue_planned: triggers fire by name.
create trigger sum_up_planned after insert on notifications.delivery referencing new table as planned
    for each statement execute function notifications.sum_up_planned();

-- What ends SUMMED_UP is told of in its recipient's digest if it can wait for that, else in a summary that goes in a minute: an open one,
-- or a new one. The lock keeps two from making one each.
create function notifications.join_summary() returns trigger
language plpgsql as $$
declare
    soon timestamptz := context.now() + interval '1 minute';
begin
    if not exists (select from changed where cause = 'SUMMED_UP') then
        return null;
    end if;
    perform pg_advisory_xact_lock(hashtext('notifications.summary'));
    with single as materialized (
        select c.id, c.recipient_id, case when digest.at < coalesce(s.starts_at, 'infinity')
            and not notifications.is_urgent(r.occasion, s.starts_at, h.was_starts_at, z.time_zone) then digest.at else soon end as due_at
        from changed c
        join notifications.rule r on r.key = c.rule
        left join notifications.preference f on f.person_id = c.recipient_id
        left join scheduling.session_published s on s.id = c.subject_id and c.subject_version is not null
        left join scheduling.session_change_published h on h.session_id = s.id and h.version = c.subject_version
        left join enrollment.prison_published z on z.id = s.prison_id
        cross join lateral (select notifications.next_time(f.digest_at, f.time_zone, context.now()) as at) digest
        where c.cause = 'SUMMED_UP'
    ), open as materialized (
        select summary_id, recipient_id, due_at
        from notifications.open_summaries((select array_agg(distinct recipient_id) from single))
    ), wanted as materialized (
        select w.recipient_id, w.due_at, o.summary_id, notifications.new_id() as new_id
        from (select distinct recipient_id, due_at from single) w
        left join lateral (select o.summary_id from open o
            where o.recipient_id = w.recipient_id and (o.due_at = w.due_at or greatest(o.due_at, w.due_at) <= soon)
            order by o.summary_id limit 1) o on true
    ), made as (
        insert into notifications.delivery (id, rule, subject_id, recipient_id, prison_id, due_at, useful_until)
        select w.new_id, r.key, w.new_id, w.recipient_id, p.prison_id, w.due_at, w.due_at + r.useful_for
        from wanted w
        join notifications.rule r on r.key = 'SUMMARY'
        left join identity.staff_published p on p.id = w.recipient_id
        where w.summary_id is null
    ), hurried as (
        update notifications.outbox q
        set next_at = w.due_at
        from wanted w
        where q.delivery_id = w.summary_id and q.next_at > w.due_at
    )
    insert into notifications.summary_item (delivery_id, summary_id)
    select s.id, coalesce(w.summary_id, w.new_id)
    from single s
    join wanted w on w.recipient_id = s.recipient_id and w.due_at = s.due_at
    on conflict on constraint summary_item_pkey do nothing;
    return null;
end
$$;
create trigger join_summary after update on notifications.delivery referencing new table as changed
    for each statement execute function notifications.join_summary();

-- Whether something in it can't wait.
create function notifications.summary_is_urgent(summary_id uuid) returns boolean
language sql stable
return exists (select from notifications.summary_item i
    join notifications.delivery d on d.id = i.delivery_id
    join notifications.rule r on r.key = d.rule
    join scheduling.session_published s on s.id = d.subject_id and d.subject_version is not null
    left join scheduling.session_change_published h on h.session_id = s.id and h.version = d.subject_version
    join enrollment.prison_published z on z.id = s.prison_id
    where i.summary_id = summary_is_urgent.summary_id and s.starts_at > context.now()
        and notifications.is_urgent(r.occasion, s.starts_at, h.was_starts_at, z.time_zone));
