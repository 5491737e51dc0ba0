-- in: ComposeMailsRequest
-- out: ComposedMail rows
-- read
-- Judges claimed deliveries by how things stand now, and writes the mails of those that hold: what one was about may have
-- changed since it was planned, also where the event of the change hasn't come yet. What nobody is sent while away is written
-- all the same, for the list on the page.
with judged as materialized (
    select d.id, d.subject_id, d.subject_version, d.recipient_id, d.day, r.occasion, r.template, r.attach_call_sheet,
        coalesce(r.waiting_days, r.missed_sessions) as count, p.email, p.phone, p.name, p.language, p.roles, p.prison_id,
        wait.until, f.fallback_wait, d.step,
        case when d.only_channel is null then notifications.channels_of(r.channels, coalesce(f.channels, p.channels)) else array[d.only_channel] end
            as channels, case
        when not r.enabled then 'RULE_OFF'
        when d.useful_until <= context.now() then 'LATE'
        when p.id is null then 'RECIPIENT_GONE'
        when r.occasion in ('SESSION_UPCOMING', 'SESSION_CHANGED') and s.status is distinct from 'SCHEDULED'
            or r.occasion = 'SESSION_CANCELLED' and s.status is distinct from 'CANCELLED'
            or d.subject_version <> s.version
            or r.occasion = 'AGREEMENT_EXPIRING' and (a.renewed or a.status <> 'SIGNED') then 'CHANGED'
        when (context.now() at time zone f.time_zone)::date between f.away_from and f.away_until and r.occasion <> 'TEST'
            then 'AWAY'
        when not urgent.is_so and r.occasion <> 'SUMMARY' and notifications.next_time(f.digest_at, f.time_zone, context.now())
            < coalesce(s.starts_at, d.useful_until) then 'SUMMED_UP'
        when r.occasion = 'SESSION_UPCOMING' and d.attempt = 0 and 'AFTERCARE' <> all (r.audience)
            and notifications.falls_due_with_others(d.recipient_id, d.rule, d.due_at) then 'SUMMED_UP'
        when wait.until >= d.useful_until then 'LATE'
    end as cause
    from notifications.delivery d
    join notifications.rule r on r.key = d.rule
    left join notifications.recipient p on p.id = d.recipient_id and p.active
        and (p.prison_id is null or p.prison_id = d.prison_id)
        and (p.roles && r.audience or r.occasion in ('SESSION_CHANGED', 'SESSION_CANCELLED', 'SUMMARY'))
    left join notifications.preference f on f.person_id = d.recipient_id
    left join scheduling.session_published s on s.id = d.subject_id and d.subject_version is not null
    left join scheduling.session_change_published h on h.session_id = s.id and h.version = d.subject_version
    left join enrollment.prison_published z on z.id = s.prison_id
    left join enrollment.agreement_published a on a.id = d.subject_id and r.occasion = 'AGREEMENT_EXPIRING'
    cross join lateral (select case r.occasion when 'SUMMARY' then notifications.summary_is_urgent(d.id)
        else notifications.is_urgent(r.occasion, s.starts_at, h.was_starts_at, z.time_zone) end as is_so) urgent
    cross join lateral (select case when not urgent.is_so
        then notifications.quiet_end(f.quiet_from, f.quiet_until, f.time_zone) end as until) wait
    where d.id = any (:delivery_ids::uuid[])
), said as materialized (
    -- The many that are about one session are said from its columns. `yours` is false for a counsellor who is in it no more.
    select j.id, case
        when j.cause <> 'AWAY' then null
        when s.id is null then notifications.fields_of(j.occasion, j.subject_id, j.recipient_id, j.day, j.count, j.language)
        else notifications.session_fields(z.name, z.time_zone, z.time_zone_short_name, s.starts_at, s.ends_at, s.room_name,
                s.component, s.participant_count, j.language)
            || jsonb_build_object('yours', j.prison_id is not null or j.recipient_id = any (s.counsellor_ids))
    end as fields
    from judged j
    left join scheduling.session_published s on s.id = j.subject_id and 'AFTERCARE' <> all (j.roles)
        and j.occasion in ('SESSION_UPCOMING', 'SESSION_CHANGED', 'SESSION_CANCELLED')
    left join enrollment.prison_published z on z.id = s.prison_id
)
select j.id as delivery_id, coalesce(j.cause, case when said.fields is null then 'EMPTY' end) as cause, j.name,
    j.language, t.subject, t.body, said.fields::text as fields, j.until as wait_until, c.channel,
    j.channels[j.step + 2] as next_channel, c.address, s.address is not null as suppressed,
    case when c.channel in ('WHATSAPP', 'SMS') and j.step + 1 < cardinality(j.channels)
        then (extract(epoch from j.fallback_wait) * 1000)::integer else 0 end as await_ms,
    'AFTERCARE' <> all (j.roles) as signs_in, j.attach_call_sheet and j.occasion = 'DAY_ROSTER' as has_call_sheet,
    e.id as "session.id", e.version as "session.version", e.starts_at as "session.starts_at", e.ends_at as "session.ends_at",
    notifications.say_component(e.component, j.language) as "session.summary",
    e.room_name || ', ' || z.name as "session.location",
    e.status = 'CANCELLED' or j.recipient_id <> all (e.counsellor_ids) as "session.cancelled",
    p.id as "endpoint.id", p.url as "endpoint.url", p.secret_number as "endpoint.secret_number", p.key_id as "endpoint.key_id",
    case when p.former_until > context.now() then p.former_number end as "endpoint.former_number",
    p.former_key_id as "endpoint.former_key_id"
from judged j
join said on said.id = j.id
left join notifications.template t on t.key = j.template and t.language = j.language
cross join lateral (select channel, case channel when 'EMAIL' then j.email else j.phone end as address
    from (select j.channels[j.step + 1] as channel) step) c
left join notifications.endpoint p on p.channel = c.channel and p.enabled
left join notifications.suppression s on s.address = lower(c.address)
left join scheduling.session_published e on e.id = j.subject_id and j.subject_version is not null
    and 'COUNSELLOR' = any (j.roles) and j.cause is null and c.channel = 'EMAIL'
left join enrollment.prison_published z on z.id = e.prison_id
