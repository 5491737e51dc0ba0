select m.participant_id, m.register_number, m.name, m.block_before, m.block, m.since, m.next_starts_at,
    m.participant_id || '|' || m.since as page_key
from scheduling.block_move m
where m.prison_id = :prison_id
    and (:page_key::text is null or (m.since, m.participant_id) < (substr(:page_key, 38)::timestamptz, left(:page_key, 36)::uuid))
order by m.since desc, m.participant_id desc
limit :page_limit
