select b.id, b.prison_id, b.participant_id, b.asked_by, b.reason, b.asked_at, b.ends_at, b.verdict, b.reviewed_by, b.reviewed_at,
    b.comment, w.name as participant_name, w.register_number, k.name as asked_by_name, b.id::text as page_key
from notes.break_glass b
join enrollment.participant_published w on w.id = b.participant_id
left join identity.staff_published k on k.id = b.asked_by
where (:participant_id::uuid is null or b.participant_id = :participant_id)
    and (not :waiting_only or b.verdict is null)
    and (:page_key::text is null or b.id < :page_key::uuid)
order by b.id desc
limit :page_limit
