insert into identity.person (id, name, email, phone, language, prison_id, roles)
values (:id, :name, :email, :phone, coalesce(:language, 'id'), :prison_id, :roles)
on conflict (id) do update set id = excluded.id
returning id, name, email, phone, language, prison_id, roles, status, version, created_at
