-- in: NoteId
-- out: SealedBody rows
-- read
-- The note's own first, then its amendments, the oldest first.
select null::uuid as amendment_id, n.author_id, n.created_at, b.revision, b.sealed, b.sealed_key, null as author_name
from notes.note_body b
join notes.note n on n.id = b.note_id
where b.note_id = :note_id
union all (
    select a.id, a.author_id, a.created_at, 1, a.sealed, a.sealed_key, k.name
    from notes.amendment a
    join identity.staff_published k on k.id = a.author_id
    where a.note_id = :note_id
    order by a.created_at, a.id
)
