-- in: pulih.notifications.v1.PreviewRuleRequest
-- out: PreviewedRule
-- read
-- No row is no such template for the occasion.
with subject as materialized (
    select subject_id, prison_id, day, counsellor_ids
    from notifications.preview_subject(:occasion, :subject_id, greatest(:waiting_days::integer, :missed_sessions::integer, 1))
), recipient as materialized (
    select p.id, p.name, p.language, array(select c.channel
        from unnest(notifications.channels_of(:channels::text[], coalesce(f.channels, p.channels))) with ordinality c (channel, number)
        where case c.channel when 'EMAIL' then p.email else p.phone end is not null order by c.number) as channels
    from (
        select a.recipient_id
        from (select 1) always
        left join subject s on true
        cross join lateral notifications.audience_of(:audiences::text[], s.prison_id, s.counsellor_ids) a
        where :occasion not in ('CORRECTION_REQUESTED', 'CORRECTION_DECIDED')
        union
        select a.recipient_id
        from (select 1) always
        left join subject s on true
        cross join lateral notifications.correction_audience(:occasion, :audiences, s.subject_id) a
        union
        select m.participant_id
        from subject s
        join scheduling.session_participant_published m on m.session_id = s.subject_id
        where 'AFTERCARE' = any (:audiences)) a
    join notifications.recipient p on p.id = a.recipient_id and p.active
    left join notifications.preference f on f.person_id = p.id
), reader as materialized (
    select coalesce(r.id, case when not 'AFTERCARE' = any (:audiences) then context.user_id() end) as id, coalesce(:language, r.language, 'id') as language
    from (select 1) always
    left join (select id, language from recipient order by name, id limit 1) r on true
), said as materialized (
    select s.subject_id, s.prison_id, notifications.fields_of(:occasion, s.subject_id, r.id, s.day,
        greatest(:waiting_days, :missed_sessions, 1), r.language) as fields
    from subject s
    cross join reader r
)
select coalesce(:subject, t.subject) as subject, coalesce(:body, t.body) as body,
    coalesce(said.fields, o.example)::text as fields, o.example::text as example, said.fields is null as is_example,
    case when said.fields is not null then said.subject_id end as subject_id,
    case when said.fields is not null then said.prison_id end as prison_id,
    (select jsonb_agg(jsonb_build_object('id', r.id, 'name', r.name, 'language', r.language,
            'channels', (select jsonb_agg('CHANNEL_' || c) from unnest(r.channels) c)) order by r.name, r.id)
        from (select id, name, language, channels from recipient order by name, id limit 50) r) as recipients,
    (select count(*) from recipient)::integer as recipient_count
from reader
join notifications.template t on t.key = :template and t.language = reader.language and t.occasion = :occasion
join notifications.occasion o on o.name = t.occasion
left join said on true
