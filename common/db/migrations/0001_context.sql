-- Who is calling, for defaults, triggers and row-level security. A service sets these settings with set_config(…, true)
-- in the same implicit transaction as its statement; without them a query sees nobody's data.
create schema context;

create function context.user_id() returns uuid
language sql stable parallel safe
return nullif(current_setting('pulih.user_id', true), '')::uuid;

create function context.prison_id() returns uuid
language sql stable parallel safe
return case current_setting('pulih.prison_id', true)
    when '' then null
    when '*' then null
    else current_setting('pulih.prison_id', true)::uuid
end;

-- '*' is the whole foundation's view. In policies each is called once a query, not once a row, when written
--   (select context.every_prison()) or prison_id = (select context.prison_id())
create function context.every_prison() returns boolean
language sql stable parallel safe
return coalesce(current_setting('pulih.prison_id', true) = '*', false);

-- Role names are short: 'OFFICER', 'COORDINATOR', 'SERVICE'.
create function context.has_role(role text) returns boolean
language sql stable parallel safe
return role = any (string_to_array(coalesce(current_setting('pulih.roles', true), ''), ','));

-- The wall clock, or the injected one where a test or a training run has set it. Always this, never now().
create function context.now() returns timestamptz
language sql stable parallel safe
return coalesce(nullif(current_setting('pulih.now', true), '')::timestamptz, now());

grant usage on schema context to public;
