-- What a notice said: the list that its recipient has on the page, and the proof of what they were told. Written when an
-- attempt is marked, whichever channel it went by and however it ended; one that is sent again says what it said last.
-- Without a foreign key, as attempts: only the marking of a delivery writes here.
create table notifications.notice (
    delivery_id uuid not null,
    person_id uuid not null,
    prison_id uuid,
    subject text not null,
    body text not null,
    shown_at timestamptz not null default context.now(),
    read_at timestamptz,
    constraint notice_pkey primary key (delivery_id)
);
-- A person's list, newest first, and how many they haven't read. Reading touches only the second.
create index notice_of_person on notifications.notice (person_id, shown_at, delivery_id);
create index notice_unread on notifications.notice (person_id) where read_at is null;

-- One event a person, however many notices came or were read at once. Its subject is the person: it goes to their pages alone.
create function notifications.tell_notices() returns trigger
language plpgsql as $$
begin
    perform event.emit_many('notifications.' || tg_argv[0], array_agg(null::uuid), array_agg(person_id), array_agg(1))
    from (select distinct person_id from changed) person
    having count(*) > 0;
    return null;
end
$$;
create trigger tell_shown after insert on notifications.notice referencing new table as changed
    for each statement execute function notifications.tell_notices('notice_shown');
create trigger tell_read after update on notifications.notice referencing new table as changed
    for each statement execute function notifications.tell_notices('notice_read');

alter table notifications.notice enable row level security;
alter table notifications.notice force row level security;
-- Their own, and the foundation's; read by whom it is for alone.
create policy notice_scope on notifications.notice for select
    using ((select context.every_prison()) or person_id = (select context.user_id()));
create policy notice_is_written_by_the_service on notifications.notice for insert
    with check ((select context.has_role('SERVICE')));
create policy notice_is_read_by_its_recipient on notifications.notice for update
    using (person_id = (select context.user_id()) or (select context.has_role('SERVICE')));

grant select, insert, update on notifications.notice to pulih_notifications;
