-- WHO ASSIST 3.1 scores, which say where a case goes on. The bands are data; a substance and a score outside of them
-- don't exist.
create table enrollment.screening_band (
    substance text not null,
    band text not null,
    from_score integer not null,
    to_score integer not null,
    constraint screening_band_pkey primary key (substance, band),
    constraint screening_band_is_known check (band in ('LOW', 'MODERATE', 'HIGH'))
);
-- https://www.who.int/publications/i/item/978924159938-2; questions for tobacco add up to 31 at most, for others to 39.
insert into enrollment.screening_band (substance, band, from_score, to_score)
values ('ALCOHOL', 'LOW', 0, 10), ('ALCOHOL', 'MODERATE', 11, 26), ('ALCOHOL', 'HIGH', 27, 39);
insert into enrollment.screening_band (substance, band, from_score, to_score)
select s.substance, b.band, b.from_score, case b.band when 'HIGH' then s.most else b.to_score end
from (values ('TOBACCO', 31), ('CANNABIS', 39), ('COCAINE', 39), ('AMPHETAMINES', 39), ('INHALANTS', 39),
    ('SEDATIVES', 39), ('HALLUCINOGENS', 39), ('OPIOIDS', 39), ('OTHER', 39)) s (substance, most)
cross join (values ('LOW', 0, 3), ('MODERATE', 4, 26), ('HIGH', 27, null)) b (band, from_score, to_score);

create table enrollment.screening (
    id uuid not null,
    enrollment_id uuid not null,
    conducted_on date not null,
    route text not null,
    recorded_by uuid default context.user_id(),
    recorded_at timestamptz not null default context.now(),
    constraint screening_pkey primary key (id),
    constraint screening_of_case foreign key (enrollment_id) references enrollment.enrollment (id),
    constraint screening_route_is_known check (route in ('EDUCATION_ONLY', 'FULL_ASSESSMENT'))
);
create index screening_by_case on enrollment.screening (enrollment_id);

create table enrollment.screening_score (
    screening_id uuid not null,
    substance text not null,
    score integer not null,
    band text not null,
    constraint screening_score_once primary key (screening_id, substance),
    constraint screening_score_of_screening foreign key (screening_id) references enrollment.screening (id),
    constraint screening_score_in_band foreign key (substance, band) references enrollment.screening_band (substance, band)
);

-- Only clinical roles see scores.
create function enrollment.reads_scores() returns boolean
language sql stable parallel safe
return context.has_role('COUNSELLOR') or context.has_role('CLINICAL_SUPERVISOR');

alter table enrollment.screening enable row level security;
alter table enrollment.screening force row level security;
create policy screening_scope on enrollment.screening
    using ((select enrollment.reads_scores()) and exists (select from enrollment.enrollment e where e.id = enrollment_id));
alter table enrollment.screening_score enable row level security;
alter table enrollment.screening_score force row level security;
create policy screening_score_scope on enrollment.screening_score
    using (exists (select from enrollment.screening s where s.id = screening_id));

grant select on enrollment.screening_band, enrollment.screening, enrollment.screening_score to pulih_enrollment;

-- `scores` are ScreeningScore messages as ProtoJSON; the band is null where substance or score don't exist.
create function enrollment.read_scores(scores jsonb) returns table (substance text, score integer, band text)
language sql stable
begin atomic
    select coalesce(s.substance, ''), s.score, b.band
    from (
        select substring(given ->> 'substance' from '^SUBSTANCE_(.*)$') as substance,
            coalesce((given ->> 'score')::integer, 0) as score
        from jsonb_array_elements(scores) given) s
    left join enrollment.screening_band b on b.substance = s.substance and s.score between b.from_score and b.to_score;
end;

-- As ScreeningScore messages. Volatile, so that it sees scores that the same statement has written.
create function enrollment.scores_of(screening_id uuid) returns jsonb
language sql volatile
return (
    select jsonb_agg(jsonb_build_object('substance', 'SUBSTANCE_' || s.substance, 'score', s.score,
        'band', 'RISK_BAND_' || s.band) order by s.substance)
    from enrollment.screening_score s where s.screening_id = scores_of.screening_id);

-- Records a screening and sends the case on: low risk everywhere needs education only, anything else a full assessment.
-- Without a row where the case can't be seen; one that is there already is given back as it is.
create function enrollment.record_screening(screening_id uuid, case_id uuid, day date, scores jsonb)
returns setof enrollment.screening
language plpgsql security definer set search_path = '' as $$
declare
    found_status text;
    wrong record;
    found_route text;
begin
    select e.status into found_status from enrollment.enrollment e where e.id = case_id for no key update;
    if found and not exists (select from enrollment.screening s where s.id = screening_id) then
        select s.substance, s.score into wrong from enrollment.read_scores(scores) s where s.band is null limit 1;
        if found then
            raise exception 'no such score' using errcode = 'check_violation', constraint = 'screening_score_in_band',
                detail = jsonb_build_object('substance', wrong.substance, 'score', wrong.score);
        end if;
        if found_status <> 'AWAITING_ASSESSMENT' then
            raise exception 'not awaiting assessment' using errcode = 'check_violation',
                constraint = 'screening_awaits_assessment', detail = jsonb_build_object('status', found_status);
        end if;
        select case when bool_and(s.band = 'LOW') then 'EDUCATION_ONLY' else 'FULL_ASSESSMENT' end into found_route
        from enrollment.read_scores(scores) s having count(*) > 0;
        if not found then
            raise exception 'no scores' using errcode = 'check_violation', constraint = 'screening_has_scores';
        end if;
        insert into enrollment.screening (id, enrollment_id, conducted_on, route)
        values (screening_id, case_id, day, found_route);
        insert into enrollment.screening_score (screening_id, substance, score, band)
        select record_screening.screening_id, s.substance, s.score, s.band from enrollment.read_scores(scores) s;
        update enrollment.enrollment
        set screening_route = found_route,
            status = case found_route when 'EDUCATION_ONLY' then 'NOT_SUITABLE' else status end,
            status_reason = case found_route when 'EDUCATION_ONLY' then 'LOW_RISK_EDUCATION_ONLY' else status_reason end
        where id = case_id;
    end if;
    return query select s.* from enrollment.screening s where s.id = screening_id and s.enrollment_id = case_id;
end
$$;
revoke all on function enrollment.record_screening(uuid, uuid, date, jsonb) from public;
grant execute on function enrollment.record_screening(uuid, uuid, date, jsonb) to pulih_enrollment;
