select r.code, r.category, r.indonesian, r.english, c.indonesian as category_indonesian, c.english as category_english,
    array(select f.status from enrollment.move_reason_for f where f.code = r.code order by f.status) as statuses
from enrollment.move_reason r
join enrollment.move_reason_category c on c.name = r.category
where :status::text is null
    or exists (select from enrollment.move_reason_for f where f.code = r.code and f.status = :status)
order by r.category, r.code
