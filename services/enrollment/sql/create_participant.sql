insert into enrollment.participant as p (id, prison_id, register_number, name, aliases, birth_date, sex, block,
    offence_articles, sentence_start, two_thirds_on, expected_release_on)
values (:id, :prison_id, :register_number, :name, :aliases, :birth_date, :sex, :block,
    :offence_articles, :sentence_start, :two_thirds_on, :expected_release_on)
on conflict (id) do update set id = excluded.id
returning p.id, p.prison_id, p.register_number, p.name, p.aliases, p.birth_date, p.sex, p.block, p.offence_articles,
    p.sentence_start, p.two_thirds_on, p.expected_release_on, p.released_on, p.version,
    enrollment.possible_duplicates(p) as possible_duplicates
