-- As event.emit(): without a search_path of its own, which costs more than the insert. Every name in it has its schema.
create or replace function event.emit_many(type text, prison_ids uuid[], subject_ids uuid[], versions integer[]) returns void
language plpgsql security definer
as $$
declare
    producer text := split_part(type, '.', 1);
begin
    if session_user like 'pulih\_%' and session_user not in ('pulih_' || producer, 'pulih_owner') then
        raise exception 'role % can''t write events of %', session_user, producer using errcode = 'insufficient_privilege';
    end if;
    insert into event.log (producer, type, prison_id, subject_id, version)
    select producer, type, happened.prison_id, happened.subject_id, happened.version
    from unnest(prison_ids, subject_ids, versions) as happened (prison_id, subject_id, version);
end
$$;
