update enrollment.participant p
set released_on = coalesce(:released_on, enrollment.today(p.prison_id))
where p.id = :id
returning p.id, p.prison_id, p.register_number, p.name, p.aliases, p.birth_date, p.sex, p.block, p.offence_articles,
    p.sentence_start, p.two_thirds_on, p.expected_release_on, p.released_on, p.version,
    enrollment.possible_duplicates(p) as possible_duplicates
