insert into identity.site_key (id, name, kind, public_key, prison_id, valid_until)
values (:id, :name, :kind, :public_key, :prison_id, :valid_until)
on conflict (id) do update set id = excluded.id
returning id, name, kind, public_key, prison_id, valid_until, revoked_at is not null as revoked, version
