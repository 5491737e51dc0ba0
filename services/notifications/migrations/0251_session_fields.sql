-- The fields of a session by its columns, for who has them at hand: an expression, where the composite one is a call that
-- fetches the whole row of a view.
create function notifications.session_fields(prison text, time_zone text, zone_name text, starts_at timestamptz,
    ends_at timestamptz, room text, component text, participant_count integer, language text) returns jsonb
language sql stable
return jsonb_build_object('prison', prison,
    'day', notifications.say_day((starts_at at time zone time_zone)::date, language),
    'time', notifications.say_times(starts_at, ends_at, time_zone, zone_name, language),
    'room', room, 'kind', notifications.say_component(component, language), 'count', participant_count);

create or replace function notifications.session_fields(s scheduling.session_published, prison enrollment.prison_published,
    language text) returns jsonb
language sql stable
return notifications.session_fields(prison.name, prison.time_zone, prison.time_zone_short_name, s.starts_at, s.ends_at,
    s.room_name, s.component, s.participant_count, language);
