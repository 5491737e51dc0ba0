with discarded as (
    delete from notes.note
    where id = :note_id and author_id = context.user_id()
)
select true as done
