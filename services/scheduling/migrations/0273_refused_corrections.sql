-- A correction of attendance is decided once, by somebody else than who asked for it: countersigned, or refused with a reason.
-- Who asked and who decides hear of it by events.
alter table scheduling.attendance_correction
    add column refused_by uuid,
    add column refused_at timestamptz,
    -- Why it was refused.
    add column refusal text,
    drop constraint attendance_correction_is_countersigned_by_another,
    add constraint attendance_correction_is_countersigned_by_another
        check (countersigned_by <> requested_by and refused_by <> requested_by) not valid,
    add constraint attendance_correction_refusal_has_a_reason
        check (refused_at is null or refusal is not null and length(refusal) between 1 and 500) not valid,
    add constraint attendance_correction_refusal_is_whole check ((refused_by is null) = (refused_at is null)) not valid;
grant update (refused_by, refused_at, refusal) on scheduling.attendance_correction to pulih_scheduling;

-- The same decision again changes nothing, another one is refused.
create function scheduling.decide_correction() returns trigger
language plpgsql
as $$
begin
    if old.countersigned_at is null and old.refused_at is null then
        return new;
    end if;
    if (new.countersigned_at is null) <> (old.countersigned_at is null) or (new.refused_at is null) <> (old.refused_at is null) then
        raise exception 'the correction is decided' using errcode = 'check_violation', schema = 'scheduling',
            constraint = 'attendance_correction_is_decided_once',
            detail = jsonb_build_object('decision', case when old.refused_at is null then 'countersigned' else 'refused' end);
    end if;
    return old;
end
$$;
create trigger decide_correction before update on scheduling.attendance_correction
for each row execute function scheduling.decide_correction();

create function scheduling.tell_correction() returns trigger
language plpgsql
as $$
begin
    perform event.emit('scheduling.correction_' || tg_argv[0], new.prison_id, new.id, tg_argv[1]::integer);
    return null;
end
$$;
create trigger tell_requested after insert on scheduling.attendance_correction
for each row execute function scheduling.tell_correction('requested', 1);
create trigger tell_countersigned after update on scheduling.attendance_correction
for each row when (old.countersigned_at is null and new.countersigned_at is not null)
execute function scheduling.tell_correction('countersigned', 2);
create trigger tell_refused after update on scheduling.attendance_correction
for each row when (old.refused_at is null and new.refused_at is not null)
execute function scheduling.tell_correction('refused', 2);

-- Published: who asked for which correction, and what became of it. Neither the marks nor anybody's words.
create view scheduling.correction_published with (security_invoker) as
select id, session_id, participant_id, prison_id, requested_by, requested_at, countersigned_at,
    coalesce(countersigned_at, refused_at) as decided_at
from scheduling.attendance_correction;
grant select (id, session_id, participant_id, prison_id, requested_by, requested_at, countersigned_at, refused_at)
    on scheduling.attendance_correction to pulih_notifications;
grant select on scheduling.correction_published to pulih_notifications;

-- Published: what is to be seen of corrections beside a mark. The latest that waits; where none does, whether the latest of all was
-- refused. One that was countersigned is the mark.
create view scheduling.correction_beside_published with (security_invoker) as
select c.session_id, c.participant_id, case when c.refused_at is null then c.mark end as asked_mark,
    case when c.refused_at is not null then c.mark end as refused_mark, c.refusal, c.refused_by
from (
    select distinct on (l.session_id, l.participant_id) l.session_id, l.participant_id, l.mark, l.countersigned_at, l.refused_at,
        l.refusal, l.refused_by
    from scheduling.attendance_correction l
    order by l.session_id, l.participant_id, (l.countersigned_at is null and l.refused_at is null) desc, l.requested_at desc, l.id desc
) c
where c.countersigned_at is null;
grant select (id, session_id, participant_id, prison_id, mark, requested_at, countersigned_at, refused_at, refusal, refused_by)
    on scheduling.attendance_correction to pulih_notes;
grant select on scheduling.correction_beside_published to pulih_scheduling, pulih_notes;
