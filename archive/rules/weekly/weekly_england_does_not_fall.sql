-- info: England's opt-outs are at least those of the week before in the same export
-- Falls are real: flagged, never refused.
select 'weekly' as family, n.week_id, 'the two weeks' as parts, o.opt_outs as expected, n.opt_outs as found,
  n.opt_outs >= o.opt_outs as agrees
from weekly_now as n
join weekly_now as o on o.group_kind = 'england' and o.week_id = (
  select max(b.week_id) from weekly_now as b where b.group_kind = 'england' and b.week_id < n.week_id)
where n.group_kind = 'england'
