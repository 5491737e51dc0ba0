-- out: TakenOver
-- Moves the cases of one renewed agreement; call again while any were moved.
select enrollment.take_over_renewals() as moved, enrollment.next_renewal_at() as next_at
