-- What the overview, the monthly report and the coordinator's lists stand on.

-- Whether a number of people is kept back: 1 to 4 could be recognised. Where it would be the only one of its table, its
-- total would give it away: then the next smallest is kept back, too.
create function enrollment.is_hidden(count bigint, counts bigint[]) returns boolean
language sql immutable parallel safe
return count between 1 and 4
    or (select count(*) filter (where c between 1 and 4) = 1 and min(c) filter (where c > 4) = is_hidden.count
        from unnest(counts) as c);

-- A pulih.report.v1.Share of `part` in `whole`; null of nothing.
create function enrollment.share(part bigint, whole bigint) returns jsonb
language sql immutable parallel safe
return case
    when whole = 0 then null
    when whole < 5 or whole - part between 1 and 4 then jsonb_build_object('hidden', true)
    else jsonb_build_object('percent', round(100.0 * part / whole)::integer)
end;

-- The agreement of a prison that somebody has to think of next: the first to end of those that are in force or to come
-- without a signed renewal, else the one that ended last.
create function enrollment.next_to_end(prison_id uuid, today date) returns enrollment.agreement
language sql stable
return (
    select a
    from enrollment.agreement a
    where a.prison_id = next_to_end.prison_id and a.signed_on is not null and a.replaced_from is null
    order by least(a.valid_until, a.ended_on) < today, abs(least(a.valid_until, a.ended_on) - today), a.id
    limit 1);

-- True, or refused as VERSION_CHANGED; 0 doesn't ask. In a where clause it is judged again on the row that an update waited for.
create function enrollment.is_version(read integer, current integer) returns boolean
language plpgsql immutable
as $$
begin
    if read not in (0, current) then
        raise exception 'version % was read, % is current', read, current
            using errcode = 'check_violation', constraint = 'version_is_the_one_read';
    end if;
    return true;
end
$$;

create index agreement_by_prison on enrollment.agreement (prison_id, valid_until);
create index enrollment_move_by_prison on enrollment.enrollment_move (prison_id, moved_at);
create index enrollment_move_by_mover on enrollment.enrollment_move (moved_by) where moved_by is not null;
create index enrollment_by_referral on enrollment.enrollment (referred_at, id);
