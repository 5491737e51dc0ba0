with added as (
    insert into scheduling.holiday (day, name)
    select make_date((h -> 'day' ->> 'year')::integer, (h -> 'day' ->> 'month')::integer, (h -> 'day' ->> 'day')::integer),
        h ->> 'name'
    from jsonb_array_elements(coalesce(:holidays::jsonb, '[]')) h
    on conflict (day) do nothing
    returning day
)
select count(*)::integer as added_count from added
