with noted as (
    insert into enrollment.referral_document as d (participant_id, kind, number, dated_on, issued_by)
    select p.id, :kind, :number, :dated_on, :issued_by
    from enrollment.participant p
    where p.id = :participant_id
    on conflict (participant_id, kind) do update
    set number = excluded.number, dated_on = excluded.dated_on, issued_by = excluded.issued_by
    returning d.participant_id, d.kind, d.number, d.dated_on, d.issued_by, d.recorded_by, d.recorded_at
)
select n.participant_id, n.kind, n.number, n.dated_on, n.issued_by, k.name as recorded_by_name, n.recorded_at
from noted n
left join identity.staff_published k on k.id = n.recorded_by
