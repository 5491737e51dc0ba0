select d.session_id, d.prison_id, d.component, d.room_name, d.starts_at, d.ends_at, d.status, d.cancel_reason, d.cancel_note,
    d.counsellor_names, d.cohort_name,
    (select jsonb_agg(jsonb_build_object('participant_id', e.participant_id, 'register_number', e.register_number,
            'name', e.name, 'aliases', e.aliases, 'block', coalesce(e.block, ''), 'same_name', e.namesakes > 1,
            'mark', 'ATTENDANCE_MARK_' || coalesce(e.mark, 'UNSPECIFIED'), 'remark', coalesce(e.remark, ''),
            'late_reason', coalesce(e.late_reason, ''), 'recorded_at', e.recorded_at,
            'recorded_by_name', coalesce(e.recorded_by_name, ''), 'version', coalesce(e.version, 0),
            'correction', 'ATTENDANCE_MARK_' || coalesce(e.asked_mark, 'UNSPECIFIED'),
            'refused_correction', 'ATTENDANCE_MARK_' || coalesce(e.refused_mark, 'UNSPECIFIED'),
            'refusal', coalesce(e.refusal, ''), 'refused_by_name', coalesce(e.refused_by_name, ''))
            order by e.block nulls last, e.name, e.participant_id)
        from (
            select p.participant_id, w.register_number, w.name, w.aliases, w.block,
                count(*) over (partition by lower(w.name)) as namesakes,
                a.mark, a.remark, a.late_reason, a.recorded_at, k.name as recorded_by_name, a.version,
                c.asked_mark, c.refused_mark, c.refusal, o.name as refused_by_name
            from scheduling.session_participant p
            join enrollment.participant_published w on w.id = p.participant_id
            left join scheduling.attendance a on a.session_id = p.session_id and a.participant_id = p.participant_id
            left join identity.staff_published k on k.id = a.recorded_by
            left join scheduling.correction_beside_published c
                on c.session_id = p.session_id and c.participant_id = p.participant_id
            left join identity.staff_published o on o.id = c.refused_by
            where p.session_id = d.session_id
        ) e) as entries
from scheduling.day_session d
where d.session_id = :session_id
