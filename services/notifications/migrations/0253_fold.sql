-- Whoever has five reminders or more at one moment, as officers have the day before, is sent a summary of them.
create function notifications.falls_due_with_others(recipient_id uuid, rule text, due_at timestamptz) returns boolean
language sql stable
return (select count(*) >= 5
    from (select from notifications.delivery d
        where d.recipient_id = falls_due_with_others.recipient_id and d.due_at = falls_due_with_others.due_at
            and d.rule = falls_due_with_others.rule and (d.state = 'PENDING' or d.cause = 'SUMMED_UP')
        limit 5) at_once);
