-- in: WriteAmendmentRequest
-- out: pulih.notes.v1.Amendment
-- without: body, author_name
with added as (
    insert into notes.amendment (id, note_id, sealed, sealed_key)
    values (:id, :note_id, :sealed, :sealed_key)
    on conflict (id) do nothing
    returning id, note_id, author_id, created_at
)
select id, note_id, author_id, created_at from added
union all
-- What the first call made; rows that this statement adds aren't seen here.
select id, note_id, author_id, created_at from notes.amendment
where id = :id and note_id = :note_id and author_id = context.user_id()
