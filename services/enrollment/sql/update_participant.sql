update enrollment.participant p
set register_number = :register_number, name = :name, aliases = :aliases, birth_date = :birth_date, sex = :sex,
    block = :block, offence_articles = :offence_articles, sentence_start = :sentence_start,
    two_thirds_on = :two_thirds_on, expected_release_on = :expected_release_on, version = :version
where p.id = :id
returning p.id, p.prison_id, p.register_number, p.name, p.aliases, p.birth_date, p.sex, p.block, p.offence_articles,
    p.sentence_start, p.two_thirds_on, p.expected_release_on, p.released_on, p.version,
    enrollment.possible_duplicates(p) as possible_duplicates
