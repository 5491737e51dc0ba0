-- Days, times and kinds of session as people say them, in both languages. Always in the prison's zone and with its name.
create function notifications.say_day(day date, language text) returns text
language sql immutable parallel safe
return case language when 'en'
    then (array['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'])[extract(isodow from day)::int]
        || ', ' || extract(day from day)::int || ' '
        || (array['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October',
            'November', 'December'])[extract(month from day)::int]
        || ' ' || extract(year from day)::int
    else (array['Senin', 'Selasa', 'Rabu', 'Kamis', 'Jumat', 'Sabtu', 'Minggu'])[extract(isodow from day)::int]
        || ', ' || extract(day from day)::int || ' '
        || (array['Januari', 'Februari', 'Maret', 'April', 'Mei', 'Juni', 'Juli', 'Agustus', 'September', 'Oktober',
            'November', 'Desember'])[extract(month from day)::int]
        || ' ' || extract(year from day)::int
end;

-- '09.00–10.00 WIB', '09:00–10:00 WIB'.
create function notifications.say_times(starts_at timestamptz, ends_at timestamptz, zone text, zone_name text,
    language text) returns text
language sql stable parallel safe
return to_char(starts_at at time zone zone, case language when 'en' then 'HH24:MI' else 'HH24.MI' end) || '–'
    || to_char(ends_at at time zone zone, case language when 'en' then 'HH24:MI' else 'HH24.MI' end) || ' ' || zone_name;

create function notifications.say_component(component text, language text) returns text
language sql immutable parallel safe
return case language when 'en'
    then case component when 'INDIVIDUAL_COUNSELLING' then 'individual session'
        when 'GROUP_COUNSELLING' then 'group session' when 'VOCATIONAL' then 'skills training'
        when 'MENTAL' then 'mental mentoring' when 'SPIRITUAL' then 'spiritual mentoring' when 'FAMILY' then 'family session' end
    else case component when 'INDIVIDUAL_COUNSELLING' then 'sesi perorangan'
        when 'GROUP_COUNSELLING' then 'sesi kelompok' when 'VOCATIONAL' then 'pelatihan keterampilan'
        when 'MENTAL' then 'pembinaan mental' when 'SPIRITUAL' then 'pembinaan rohani' when 'FAMILY' then 'sesi keluarga' end
end;

-- 'Budi Santoso' is 'B.S.', 'Suharto' is 'S.'.
create function notifications.initials(name text) returns text
language sql immutable parallel safe
return (select string_agg(upper(left(word, 1)) || '.', '' order by number)
    from regexp_split_to_table(trim(name), '\s+') with ordinality as words (word, number));
