select p.id, p.prison_id, p.register_number, p.name, p.aliases, p.birth_date, p.sex, p.block, p.offence_articles,
    p.sentence_start, p.two_thirds_on, p.expected_release_on, p.released_on, p.version,
    enrollment.possible_duplicates(p) as possible_duplicates
from enrollment.participant p
where p.id = :id
