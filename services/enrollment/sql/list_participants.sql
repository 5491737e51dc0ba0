-- without: possible_duplicates
select p.id, p.prison_id, p.register_number, p.name, p.aliases, p.birth_date, p.sex, p.block, p.offence_articles,
    p.sentence_start, p.two_thirds_on, p.expected_release_on, p.released_on, p.version,
    p.id || '|' || p.name as page_key
from enrollment.participant p
where (:prison_id::uuid is null or p.prison_id = :prison_id)
    and (:search::text is null or strpos(lower(p.name), lower(:search)) > 0 or starts_with(p.register_number, :search)
        or exists (select from unnest(p.aliases) alias where strpos(lower(alias), lower(:search)) > 0))
    and (:block::text is null or p.block = :block)
    and (:include_released or p.released_on is null)
    and (:page_key::text is null or (p.name, p.id) > (substr(:page_key, 38), left(:page_key, 36)::uuid))
order by p.name, p.id
limit :page_limit
