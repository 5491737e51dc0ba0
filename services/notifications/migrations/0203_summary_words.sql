-- What a summary says, as things stand when it is sent.

-- Its sessions, those that are told of as cancelled, changed or coming: the twenty nearest of each and how many more. A reminder
-- counts only while its session is as it was.
create function notifications.summary_groups(summary_id uuid, recipient_id uuid, language text) returns jsonb
language sql stable
return (with told as (
    select s.id, s.starts_at, case when s.status = 'CANCELLED' then 1
        when bool_or(r.occasion <> 'SESSION_UPCOMING') then 2 else 3 end as kind
    from notifications.summary_item i
    join notifications.delivery d on d.id = i.delivery_id
    join notifications.rule r on r.key = d.rule and r.enabled
    join scheduling.session_published s on s.id = d.subject_id and d.subject_version is not null
        and (r.occasion <> 'SESSION_UPCOMING' or d.subject_version = s.version and s.status = 'SCHEDULED')
    where i.summary_id = summary_groups.summary_id and s.starts_at > context.now()
    group by s.id, s.starts_at, s.status
), numbered as (
    select id, starts_at, kind, row_number() over (partition by kind order by starts_at, id) as number,
        count(*) over (partition by kind)::integer as count
    from told
)
select jsonb_agg(g.said order by g.kind)
from (
    select n.kind, jsonb_build_object('cancelled', n.kind = 1, 'changed', n.kind = 2, 'upcoming', n.kind = 3,
        'count', n.count, 'more', n.count > 20, 'more_count', greatest(n.count - 20, 0),
        'rows', jsonb_agg(notifications.session_fields(s, p, summary_groups.language)
            || jsonb_build_object('yours', staff.prison_id is not null or staff.id = any (s.counsellor_ids))
            order by n.number)) as said
    from numbered n
    join scheduling.session_published s on s.id = n.id
    join enrollment.prison_published p on p.id = s.prison_id
    join identity.staff_published staff on staff.id = summary_groups.recipient_id
    where n.number <= 20
    group by n.kind, n.count) g);

-- What else it tells of, each in its own words: templates, which become texts when the summary is written. Materialized, so that
-- no fields are asked for of what isn't in it.
create function notifications.summary_parts(summary_id uuid, recipient_id uuid, language text) returns jsonb
language sql stable
return (with item as materialized (
    select r.occasion, r.template, r.waiting_days, d.id, d.subject_id, d.day, d.due_at
    from notifications.summary_item i
    join notifications.delivery d on d.id = i.delivery_id and d.subject_version is null
    join notifications.rule r on r.key = d.rule and r.enabled
    join identity.staff_contact p on p.id = summary_parts.recipient_id and p.roles && r.audience
    where i.summary_id = summary_parts.summary_id and d.useful_until > context.now()
), part as materialized (
    select item.*, notifications.fields_of(item.occasion, item.subject_id, summary_parts.recipient_id, item.day,
        item.waiting_days, summary_parts.language) as fields
    from item
)
select jsonb_agg(jsonb_build_object('subject', t.subject, 'body', t.body, 'fields', part.fields) order by part.due_at, part.id)
from part
join notifications.template t on t.key = part.template and t.language = summary_parts.language
where part.fields is not null);

create function notifications.summary_fields(summary_id uuid, recipient_id uuid, language text) returns jsonb
language sql stable
return (select jsonb_build_object('day', notifications.say_day((context.now() at time zone
            coalesce(f.time_zone, z.time_zone, 'Asia/Jakarta'))::date, summary_fields.language),
        'has_sessions', said.groups is not null,
        'session_count', (select coalesce(sum((g ->> 'count')::integer), 0) from jsonb_array_elements(said.groups) as g),
        'groups', coalesce(said.groups, '[]'), 'parts', coalesce(said.parts, '[]'))
    from (select notifications.summary_groups(summary_fields.summary_id, summary_fields.recipient_id,
                summary_fields.language) as groups,
            notifications.summary_parts(summary_fields.summary_id, summary_fields.recipient_id,
                summary_fields.language) as parts) said
    join identity.staff_published s on s.id = summary_fields.recipient_id
    left join enrollment.prison_published z on z.id = s.prison_id
    left join notifications.preference f on f.person_id = s.id
    where said.groups is not null or said.parts is not null);
