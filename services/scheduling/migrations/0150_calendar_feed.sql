-- Links under which a calendar program reads sessions without signing in. A link's token is kept as its hash, and gives
-- what its function gives and nothing else: no names of participants, no ids but the sessions'.
create table scheduling.calendar_feed (
    id uuid not null,
    -- Whose sessions it gives: a counsellor's or a prison's.
    counsellor_id uuid,
    prison_id uuid,
    token_hash bytea not null,
    created_at timestamptz not null default context.now(),
    created_by uuid not null default context.user_id(),
    revoked_at timestamptz,
    constraint calendar_feed_pkey primary key (id),
    constraint calendar_feed_token_is_its_own unique (token_hash),
    constraint calendar_feed_is_of_one check (num_nonnulls(counsellor_id, prison_id) = 1),
    constraint calendar_feed_counsellor_is_known foreign key (counsellor_id) references identity.person (id),
    constraint calendar_feed_prison_is_known foreign key (prison_id) references enrollment.prison (id),
    constraint calendar_feed_maker_is_known foreign key (created_by) references identity.person (id)
);
create index calendar_feed_by_counsellor on scheduling.calendar_feed (counsellor_id);
create index calendar_feed_by_prison on scheduling.calendar_feed (prison_id);

-- A counsellor has their own, a prison's staff that prison's, coordinators all that they can see.
alter table scheduling.calendar_feed enable row level security;
alter table scheduling.calendar_feed force row level security;
create policy calendar_feed_seen on scheduling.calendar_feed
    using (counsellor_id = (select context.user_id())
        or ((select context.has_role('COORDINATOR')) and (select context.every_prison()))
        or (prison_id = (select context.prison_id()) and ((select context.has_role('OFFICER'))
            or (select context.has_role('PRISON_HEAD')) or (select context.has_role('COORDINATOR')))));
-- A link that is to be nobody's passes the policies, so that calendar_feed_is_of_one can say what is missing.
create policy calendar_feed_of_nobody on scheduling.calendar_feed using (counsellor_id is null and prison_id is null);
create policy calendar_feed_read_by_token on scheduling.calendar_feed for select to pulih_owner using (true);
grant select, insert, update on scheduling.calendar_feed to pulih_scheduling;

-- When a session's version came to be: what a calendar's DTSTAMP is. Only versions cost something here.
-- Three steps, since a column that comes with a default would need a row type that no function uses.
alter table scheduling.session add column changed_at timestamptz;
alter table scheduling.session alter column changed_at set default context.now();
update scheduling.session set changed_at = context.now();
alter table scheduling.session alter column changed_at set not null;

create function scheduling.date_session() returns trigger
language plpgsql
as $$
begin
    new.changed_at := context.now();
    return new;
end
$$;
create trigger session_version_is_dated before update on scheduling.session
for each row when (new.version <> old.version) execute function scheduling.date_session();

-- What the holder of a token reads: nothing when it was revoked or never was one, or when whoever made it or has it is
-- no longer who they were. From 30 days back to the last session that exists, as a repeated
-- pulih.scheduling.v1.CalendarFeedSession. It sees every prison whoever calls, and then they see what they saw before.
create function scheduling.read_calendar_feed(token bytea) returns table (language text, sessions jsonb)
language plpgsql security definer set search_path = ''
as $$
declare
    seen text := coalesce(current_setting('pulih.prison_id', true), '');
begin
    perform set_config('pulih.prison_id', '*', true);
    return query
    with feed as (
        select f.counsellor_id, f.prison_id, owner.language, context.now() - interval '30 days' as since
        from scheduling.calendar_feed f
        join identity.staff_published maker on maker.id = f.created_by and maker.active
        join identity.staff_published owner on owner.id = coalesce(f.counsellor_id, f.created_by) and owner.active
        where f.token_hash = sha256(token) and f.revoked_at is null
            and ('COORDINATOR' = any (maker.roles)
                or (maker.id = f.counsellor_id and 'COUNSELLOR' = any (maker.roles))
                or (maker.prison_id = f.prison_id and maker.roles && array['OFFICER', 'PRISON_HEAD']))
    ), listed as (
        select c.session_id as id
        from feed
        join scheduling.session_counsellor c on c.counsellor_id = feed.counsellor_id and c.starts_at >= feed.since
        union all
        select s.id
        from feed
        join scheduling.session s on s.prison_id = feed.prison_id and s.starts_at >= feed.since
    ), shown as (
        select s.id, s.version, 'COMPONENT_' || s.component as component, r.name as room_name, p.name as prison_name,
            s.starts_at, s.ends_at, 'SESSION_STATUS_' || s.status as status, s.changed_at
        from listed l
        join scheduling.session s on s.id = l.id
        join scheduling.room r on r.id = s.room_id
        join enrollment.prison p on p.id = s.prison_id
        order by s.starts_at, s.id
        limit 5000
    )
    select feed.language, (select jsonb_agg(to_jsonb(shown) order by shown.starts_at, shown.id) from shown)
    from feed;
    perform set_config('pulih.prison_id', seen, true);
end
$$;
revoke execute on function scheduling.read_calendar_feed(bytea) from public;
grant execute on function scheduling.read_calendar_feed(bytea) to pulih_scheduling;
