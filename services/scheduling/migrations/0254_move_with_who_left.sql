-- As in 0041, but a session can be moved while somebody in it has just left the programme: the event of that, which may be late, takes
-- them out (settle_cases). Asked is of those who join.
create or replace function scheduling.session_participant_written() returns trigger
language plpgsql security definer set search_path = '' set enable_seqscan = off set enable_mergejoin = off
as $$
declare
    clash record;
begin
    perform scheduling.require_read_committed();
    perform pg_advisory_xact_lock(40103, bucket)
    from (select distinct uuid_hash(w.participant_id) & 1023 as bucket from written w where w.occupies order by bucket) wanted;
    select w.session_id, w.participant_id, o.session_id as other, o.ends_at > w.starts_at as overlaps,
        (w.prison_id, w.starts_at, w.ends_at, w.occupies) is distinct from
            (s.prison_id, s.starts_at, s.ends_at, s.status = 'SCHEDULED') as astray
    into clash
    from written w
    left join scheduling.session s on s.id = w.session_id
    left join enrollment.enrollment e on e.id = w.enrollment_id
    left join lateral (
        select o.session_id, o.ends_at
        from scheduling.session_participant o
        where o.participant_id = w.participant_id and o.starts_at < w.ends_at and o.occupies
            and o.session_id <> w.session_id
        order by o.starts_at desc
        limit 1
    ) o on w.occupies
    where o.ends_at > w.starts_at
        or (w.prison_id, w.starts_at, w.ends_at, w.occupies) is distinct from
            (s.prison_id, s.starts_at, s.ends_at, s.status = 'SCHEDULED')
        or (w.occupies and tg_op = 'INSERT' and (e.participant_id, e.prison_id, e.status) is distinct from
            (w.participant_id, w.prison_id, 'ACTIVE'))
    limit 1;
    if not found then
        return null;
    end if;
    if clash.astray then
        raise exception 'session_participant of % isn''t where its session is', clash.session_id
            using errcode = 'check_violation';
    end if;
    if clash.overlaps then
        perform scheduling.refuse('session_participant_no_overlap',
            (select p.name from enrollment.participant p where p.id = clash.participant_id), clash.session_id, clash.other);
    end if;
    raise exception 'session_participant_is_active_here' using errcode = 'check_violation', schema = 'scheduling',
        constraint = 'session_participant_is_active_here', detail = jsonb_build_object('who', coalesce(
            (select p.name from enrollment.participant p where p.id = clash.participant_id), '?'));
end
$$;
