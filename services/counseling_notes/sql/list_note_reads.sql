select subject_id as note_id, participant_id, prison_id, actor_id, basis, happened_at, chain, sequence,
    happened_at || '|' || chain || '|' || sequence as page_key
from notes.audit
where action = 'NOTE_READ'
    and (:participant_id::uuid is null or participant_id = :participant_id)
    and (:note_id::uuid is null or subject_id = :note_id)
    and (:actor_id::uuid is null or actor_id = :actor_id)
    and (:page_key::text is null or (happened_at, chain, sequence) < (split_part(:page_key, '|', 1)::timestamptz,
        split_part(:page_key, '|', 2)::smallint, split_part(:page_key, '|', 3)::bigint))
order by happened_at desc, chain desc, sequence desc
limit :page_limit
