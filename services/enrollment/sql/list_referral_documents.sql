select d.participant_id, d.kind, d.number, d.dated_on, d.issued_by, k.name as recorded_by_name, d.recorded_at
from enrollment.referral_document d
left join identity.staff_published k on k.id = d.recorded_by
where d.participant_id = :participant_id
order by d.kind
