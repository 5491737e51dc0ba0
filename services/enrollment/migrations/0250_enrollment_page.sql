-- The cases of one page of a list, in its order. Apart from the names that the list shows beside them, so that only this small
-- choice is planned anew for the filters that are given, and the joins behind it are planned once.
create function enrollment.enrollment_page(
    of_prison uuid, of_status text, of_counsellor uuid, of_participant uuid, search text, of_group text, page_key text, page_limit bigint
) returns setof uuid
language plpgsql stable rows 50 as $$
begin
    return query
    select c.id
    from enrollment.enrollment c
    where (of_prison is null or c.prison_id = of_prison)
        and (of_status is null or c.status = of_status)
        and (of_counsellor is null or c.counsellor_id = of_counsellor)
        and (of_participant is null or c.participant_id = of_participant)
        and (search is null or c.participant_id in (
            select p.id from enrollment.participant p
            where strpos(lower(p.name), lower(search)) > 0 or starts_with(p.register_number, search)))
        and (of_group is null
            or (c.status in ('REFERRED', 'AWAITING_ASSESSMENT', 'SUITABLE_NOT_READY', 'WAITLISTED', 'ACTIVE', 'ON_HOLD'))
                = (of_group <> 'ENDED'))
        and (of_group is distinct from 'UNASSIGNED' or c.counsellor_id is null)
        and (of_group is distinct from 'MINE' or c.counsellor_id = context.user_id() or c.id in (
            select m.enrollment_id from enrollment.enrollment_move m where m.moved_by = context.user_id()))
        and (page_key is null
            or (c.referred_at, c.id) < (substr(page_key, 38)::timestamptz, left(page_key, 36)::uuid))
    order by c.referred_at desc, c.id desc
    limit page_limit;
end
$$;
