-- What a counsellor's timeline tells of a case and of a person. Rows are those of the reader's caller: the policies of the
-- tables hold, so screening scores stay with clinical roles.
create view enrollment.move_published with (security_invoker) as
select m.enrollment_id, e.participant_id, m.version, m.from_status, m.to_status, m.prison_id, r.indonesian as reason_indonesian,
    r.english as reason_english, m.comment, m.moved_by, m.moved_at
from enrollment.enrollment_move m
join enrollment.enrollment e on e.id = m.enrollment_id
left join enrollment.move_reason r on r.code = m.reason;

create view enrollment.consent_entry_published with (security_invoker) as
select c.id, c.participant_id, c.purpose, c.given, c.given_on, c.witness, c.recorded_at
from enrollment.consent c;

-- Scores are ScreeningScore messages.
create view enrollment.screening_published with (security_invoker) as
select s.id, e.participant_id, e.prison_id, s.conducted_on, s.route, s.recorded_at,
    (select jsonb_agg(jsonb_build_object('substance', 'SUBSTANCE_' || k.substance, 'score', k.score, 'band',
        'RISK_BAND_' || k.band) order by k.substance)
    from enrollment.screening_score k where k.screening_id = s.id) as scores
from enrollment.screening s
join enrollment.enrollment e on e.id = s.enrollment_id;

grant select (enrollment_id, version, from_status, to_status, prison_id, reason, comment, moved_by, moved_at)
    on enrollment.enrollment_move to pulih_notes;
grant select (code, indonesian, english) on enrollment.move_reason to pulih_notes;
grant select (id, given_on, witness, recorded_at) on enrollment.consent to pulih_notes;
grant select (id, enrollment_id, conducted_on, route, recorded_at) on enrollment.screening to pulih_notes;
grant select (screening_id, substance, score, band) on enrollment.screening_score to pulih_notes;
grant select on enrollment.move_published, enrollment.consent_entry_published, enrollment.screening_published
    to pulih_notes;
