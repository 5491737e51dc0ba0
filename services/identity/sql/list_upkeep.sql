select kind, part, max(ended_at) filter (where succeeded) as succeeded_at,
    (array_agg(took_ms order by ended_at desc) filter (where succeeded))[1] as took_ms,
    case when not (array_agg(succeeded order by ended_at desc))[1] then max(ended_at) end as failed_at
from identity.upkeep
group by kind, part
order by kind, part
