-- The database roles. Run by a superuser before the migrations; safe to run again. Passwords, where the server wants
-- them, are set by who deploys.
do $$
declare
    role text;
begin
    perform pg_advisory_xact_lock(hashtext('pulih roles'));
    if not exists (select from pg_roles where rolname = 'pulih_owner') then
        create role pulih_owner nologin;
    end if;
    foreach role in array array['identity', 'enrollment', 'scheduling', 'notes', 'notifications', 'upkeep', 'watch'] loop
        if not exists (select from pg_roles where rolname = 'pulih_' || role) then
            execute format('create role %I login', 'pulih_' || role);
        end if;
    end loop;
    -- For an exporter: the server's own figures.
    grant pg_monitor to pulih_watch;
    execute format('grant create, connect on database %I to pulih_owner', current_database());
end
$$;
