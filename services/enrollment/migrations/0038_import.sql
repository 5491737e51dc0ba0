-- Takes over rows of a prison's register.

-- A UUIDv7 (RFC 9562), for people who arrive without a client to name them.
create function enrollment.uuid7() returns uuid
language sql volatile
return encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
    placing substring(int8send((extract(epoch from context.now()) * 1000)::bigint) from 3) from 1 for 6),
    52, 1), 53, 1), 'hex')::uuid;

-- What stands in a cell; null for an empty one.
create function enrollment.cell(given jsonb, name text) returns text
language sql immutable
return nullif(btrim(given ->> name, E' \t\u00a0'), '');

create function enrollment.cell_parts(given jsonb, name text) returns text[]
language sql immutable
return array(
    select btrim(part) from string_to_table(given ->> name, ';') part where btrim(part) <> '');

-- A date as 2025-02-19 or 19/02/2025, with hyphens, slashes or dots; null for anything else, also 31/02/2025.
create function enrollment.read_date(cell text) returns date
language sql immutable
return (
    select case when found.day between 1 and
        extract(day from make_date(found.year, found.month, 1) + interval '1 month' - interval '1 day')
        then make_date(found.year, found.month, found.day) end
    from (
        select coalesce(y[1], d[3])::integer as year, coalesce(y[2], d[2])::integer as month,
            coalesce(y[3], d[1])::integer as day
        from regexp_match(cell, '^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})$') y,
            regexp_match(cell, '^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})$') d) found
    where found.year between 1900 and 2100 and found.month between 1 and 12);

create function enrollment.read_sex(cell text) returns text
language sql immutable
return case
    when lower(cell) in ('l', 'lk', 'laki-laki', 'pria', 'male', 'm') then 'MALE'
    when lower(cell) in ('p', 'pr', 'perempuan', 'wanita', 'female', 'f') then 'FEMALE'
end;

-- Imports ImportRow messages, or only says what would happen. See ImportParticipants for what comes back.
create function enrollment.import_participants(prison uuid, preview boolean, given jsonb)
returns table (line integer, outcome text, participant_id uuid, problems jsonb, possible_duplicates text[])
language plpgsql as $$
#variable_conflict use_column
begin
    if not exists (select from enrollment.prison p where p.id = prison) then
        raise exception 'no such prison' using errcode = 'foreign_key_violation', constraint = 'participant_in_prison';
    end if;
    if jsonb_array_length(coalesce(given, '[]')) not between 1 and 500 then
        raise exception 'too many rows' using errcode = 'check_violation', constraint = 'import_is_bounded';
    end if;
    return query
    with cells as (
        select r.position, coalesce((r.given ->> 'line')::integer, 0) as line,
            enrollment.cell(r.given, 'register_number') as register_number, enrollment.cell(r.given, 'name') as name,
            enrollment.cell_parts(r.given, 'aliases') as aliases, enrollment.cell(r.given, 'block') as block,
            enrollment.cell_parts(r.given, 'offence_articles') as offence_articles,
            enrollment.cell(r.given, 'sex') as sex_cell, enrollment.cell(r.given, 'birth_date') as birth_cell,
            enrollment.cell(r.given, 'sentence_start') as start_cell,
            enrollment.cell(r.given, 'two_thirds_on') as two_thirds_cell,
            enrollment.cell(r.given, 'expected_release_on') as release_cell
        from jsonb_array_elements(given) with ordinality r (given, position)
    ), merged as (
        -- What a row says, and where it says nothing what is known.
        select c.position, c.line, c.register_number, c.name, c.sex_cell, c.birth_cell, c.start_cell, c.two_thirds_cell,
            c.release_cell, p.id,
            row_number() over (partition by c.register_number order by c.position) as occurrence,
            case when c.aliases = '{}' then coalesce(p.aliases, '{}') else c.aliases end as aliases,
            case when c.offence_articles = '{}' then coalesce(p.offence_articles, '{}') else c.offence_articles end
                as offence_articles,
            coalesce(enrollment.read_sex(c.sex_cell), p.sex) as sex, coalesce(c.block, p.block) as block,
            coalesce(enrollment.read_date(c.birth_cell), p.birth_date) as birth_date,
            coalesce(enrollment.read_date(c.start_cell), p.sentence_start) as sentence_start,
            coalesce(enrollment.read_date(c.two_thirds_cell), p.two_thirds_on) as two_thirds_on,
            coalesce(enrollment.read_date(c.release_cell), p.expected_release_on) as expected_release_on,
            p.name as old_name, p.aliases as old_aliases, p.birth_date as old_birth_date, p.sex as old_sex,
            p.block as old_block, p.offence_articles as old_offence_articles, p.sentence_start as old_sentence_start,
            p.two_thirds_on as old_two_thirds_on, p.expected_release_on as old_expected_release_on
        from cells c
        left join enrollment.participant p on p.prison_id = prison and p.register_number = c.register_number
    ), judged as (
        select m.*, (
            select jsonb_agg(jsonb_build_object('column', v.name, 'reason', v.reason, 'value', coalesce(left(v.value, 100), '')))
            from (values
                ('register_number', m.register_number, case
                    when m.register_number is null then 'REQUIRED'
                    when m.register_number !~ '^[[:alnum:]][[:alnum:] ./-]{0,39}$' then 'NOT_A_REGISTER_NUMBER'
                    when m.occurrence > 1 then 'TWICE' end),
                ('name', m.name, case
                    when m.name is null then 'REQUIRED'
                    when length(m.name) > 200 then 'TOO_LONG'
                    when m.name ~ '[[:cntrl:]]' then 'CONTROL_CHARACTER' end),
                ('aliases', array_to_string(m.aliases, ';'), case
                    when cardinality(m.aliases) > 20 then 'TOO_MANY'
                    when length(array_to_string(m.aliases, ' ')) > 1000 then 'TOO_LONG' end),
                ('birth_date', m.birth_cell, case
                    when enrollment.read_date(m.birth_cell) is null and m.birth_cell is not null then 'NOT_A_DATE'
                    when m.birth_date >= m.sentence_start then 'OUT_OF_ORDER' end),
                ('sex', m.sex_cell, case
                    when enrollment.read_sex(m.sex_cell) is null and m.sex_cell is not null then 'NOT_A_SEX' end),
                ('block', m.block, case
                    when length(m.block) > 50 then 'TOO_LONG'
                    when m.block ~ '[[:cntrl:]]' then 'CONTROL_CHARACTER' end),
                ('offence_articles', array_to_string(m.offence_articles, ';'), case
                    when cardinality(m.offence_articles) > 20 then 'TOO_MANY'
                    when length(array_to_string(m.offence_articles, ' ')) > 1000 then 'TOO_LONG' end),
                ('sentence_start', m.start_cell, case
                    when enrollment.read_date(m.start_cell) is null and m.start_cell is not null then 'NOT_A_DATE' end),
                ('two_thirds_on', m.two_thirds_cell, case
                    when enrollment.read_date(m.two_thirds_cell) is null and m.two_thirds_cell is not null then 'NOT_A_DATE'
                    when m.two_thirds_on < m.sentence_start then 'OUT_OF_ORDER' end),
                ('expected_release_on', m.release_cell, case
                    when enrollment.read_date(m.release_cell) is null and m.release_cell is not null then 'NOT_A_DATE'
                    when m.expected_release_on < greatest(m.two_thirds_on, m.sentence_start) then 'OUT_OF_ORDER' end)
            ) v (name, value, reason)
            where v.reason is not null) as problems,
            (m.name, m.aliases, m.birth_date, m.sex, m.block, m.offence_articles, m.sentence_start, m.two_thirds_on,
                m.expected_release_on)
            is distinct from (m.old_name, m.old_aliases, m.old_birth_date, m.old_sex, m.old_block,
                m.old_offence_articles, m.old_sentence_start, m.old_two_thirds_on, m.old_expected_release_on) as differs
        from merged m
    ), written as (
        insert into enrollment.participant (id, prison_id, register_number, name, aliases, birth_date, sex, block,
            offence_articles, sentence_start, two_thirds_on, expected_release_on)
        select enrollment.uuid7(), prison, j.register_number, j.name, j.aliases, j.birth_date, j.sex, j.block,
            j.offence_articles, j.sentence_start, j.two_thirds_on, j.expected_release_on
        from judged j
        where not preview and j.problems is null and j.differs
        order by j.register_number
        on conflict (prison_id, register_number) do update
        set name = excluded.name, aliases = excluded.aliases, birth_date = excluded.birth_date, sex = excluded.sex,
            block = excluded.block, offence_articles = excluded.offence_articles,
            sentence_start = excluded.sentence_start, two_thirds_on = excluded.two_thirds_on,
            expected_release_on = excluded.expected_release_on
        returning id, register_number
    )
    select j.line,
        case when j.problems is not null then 'REFUSED' when j.id is null then 'CREATED' when j.differs then 'UPDATED'
            else 'UNCHANGED' end,
        case when j.problems is null then coalesce(j.id, w.id) end,
        j.problems,
        array(
            select p.register_number from enrollment.participant p
            where lower(p.name) = lower(j.name) and p.birth_date = j.birth_date and p.register_number <> j.register_number
            union
            select other.register_number from judged other
            where lower(other.name) = lower(j.name) and other.birth_date = j.birth_date
                and other.register_number <> j.register_number
            order by 1 limit 10)
    from judged j
    left join written w on w.register_number = j.register_number
    order by j.position;
end
$$;
