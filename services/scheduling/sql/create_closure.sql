insert into scheduling.closure (id, prison_id, kind, starts_at, ends_at, note)
values (:id, :prison_id, :kind, :starts_at, :ends_at, coalesce(:note, ''))
on conflict (id) do update set id = excluded.id
returning id, prison_id, kind, starts_at, ends_at, note
