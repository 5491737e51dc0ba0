select a.subject_id as note_id, a.participant_id, a.prison_id, a.actor_id, a.basis, a.happened_at, a.chain, a.sequence,
    s.name as actor_name, a.happened_at || '|' || a.chain || '|' || a.sequence as page_key
from notes.audit a
left join identity.staff_published s on s.id = a.actor_id
where a.action = 'NOTE_READ'
    and (:participant_id::uuid is null or a.participant_id = :participant_id)
    and (:note_id::uuid is null or a.subject_id = :note_id)
    and (:actor_id::uuid is null or a.actor_id = :actor_id)
    and (:page_key::text is null or (a.happened_at, a.chain, a.sequence) < (split_part(:page_key, '|', 1)::timestamptz,
        split_part(:page_key, '|', 2)::smallint, split_part(:page_key, '|', 3)::bigint))
order by a.happened_at desc, a.chain desc, a.sequence desc
limit :page_limit
