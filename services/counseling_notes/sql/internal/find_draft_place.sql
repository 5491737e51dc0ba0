-- in: pulih.notes.v1.SaveDraftRequest
-- out: DraftPlace
-- read
select c.prison_id, c.participant_id,
    exists (
        select from notes.key_destruction d
        where d.participant_id = c.participant_id and d.confirmed_at is not null
    ) as key_destroyed
from enrollment.case_published c
where c.id = :enrollment_id
union all
-- A group's shared part is of no case; its session says where it belongs.
select s.prison_id, null, false
from scheduling.session_published s
where s.id = :session_id and :enrollment_id::uuid is null
