-- People in prison (warga binaan), known by their register number within a prison.
create table enrollment.participant (
    id uuid not null,
    prison_id uuid not null,
    register_number text not null,
    -- One word is a whole name.
    name text not null,
    aliases text[] not null default '{}',
    birth_date date,
    sex text,
    -- Where in the prison.
    block text,
    offence_articles text[] not null default '{}',
    sentence_start date,
    -- From this day conditional release is possible.
    two_thirds_on date,
    expected_release_on date,
    -- Permanent release; what follows is aftercare.
    released_on date,
    version integer not null default 1,
    created_at timestamptz not null default context.now(),
    constraint participant_pkey primary key (id),
    constraint participant_in_prison foreign key (prison_id) references enrollment.prison (id),
    constraint participant_register_number_is_unique unique (prison_id, register_number),
    constraint participant_register_number_is_short check (register_number ~ '^[[:alnum:]][[:alnum:] ./-]{0,39}$'),
    constraint participant_name_is_given check (length(name) between 1 and 200 and name !~ '[[:cntrl:]]'),
    constraint participant_aliases_fit check (cardinality(aliases) <= 20 and length(array_to_string(aliases, ' ')) <= 1000),
    constraint participant_birth_date_is_likely check (birth_date between '1900-01-01' and '2100-01-01'),
    constraint participant_sex_is_known check (sex in ('MALE', 'FEMALE')),
    constraint participant_block_is_short check (length(block) between 1 and 50 and block !~ '[[:cntrl:]]'),
    constraint participant_offence_articles_fit
        check (cardinality(offence_articles) <= 20 and length(array_to_string(offence_articles, ' ')) <= 1000),
    constraint participant_sentence_in_order
        check (birth_date < sentence_start and sentence_start <= two_thirds_on and two_thirds_on <= expected_release_on
            and sentence_start <= expected_release_on)
);
create index participant_by_name on enrollment.participant (prison_id, name, id);
-- The same person under another register number.
create index participant_twins on enrollment.participant (lower(name), birth_date);

create trigger participant_b_version before update on enrollment.participant
    for each row execute function enrollment.keep_version();

-- A release is final, and nobody is transferred after it.
create function enrollment.keep_release() returns trigger
language plpgsql as $$
begin
    if new.prison_id <> old.prison_id then
        raise exception 'released' using errcode = 'check_violation', constraint = 'participant_is_in_prison';
    end if;
    new.released_on := old.released_on;
    return new;
end
$$;
create trigger participant_a_release before update on enrollment.participant
    for each row when (old.released_on is not null) execute function enrollment.keep_release();

alter table enrollment.participant enable row level security;
alter table enrollment.participant force row level security;
-- A new row without a prison is left to "not null", which names the field.
create policy participant_scope on enrollment.participant
    using (prison_id is null or (select context.every_prison()) or prison_id = (select context.prison_id()));

grant select, insert, update on enrollment.participant to pulih_enrollment;

-- Others in sight with the same name and birth date: worth a second look, no more.
create function enrollment.possible_duplicates(p enrollment.participant) returns text[]
language sql stable
return array(
    select other.register_number from enrollment.participant other
    where lower(other.name) = lower(p.name) and other.birth_date = p.birth_date and other.id <> p.id
    order by other.register_number limit 10);
