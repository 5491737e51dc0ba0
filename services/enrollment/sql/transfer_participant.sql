update enrollment.participant p
set prison_id = :prison_id,
    register_number = case p.prison_id when :prison_id then p.register_number
        else coalesce(:register_number, p.register_number) end,
    block = case p.prison_id when :prison_id then p.block else :block end
where p.id = :id
returning p.id, p.prison_id, p.register_number, p.name, p.aliases, p.birth_date, p.sex, p.block, p.offence_articles,
    p.sentence_start, p.two_thirds_on, p.expected_release_on, p.released_on, p.version,
    enrollment.possible_duplicates(p) as possible_duplicates
