-- info: England's opt-outs are at least those of the month before in the same edition
-- Falls are real (November 2020 to January 2021): flagged, never refused.
select 'age_sex' as family, n.month_id, 'the two months' as parts, o.opt_outs as expected, n.opt_outs as found,
  n.opt_outs >= o.opt_outs as agrees
from age_sex_now as n
join age_sex_now as o on o.month_id = n.month_id - 1 and o.age_band = n.age_band and o.sex = n.sex
where n.age_band = 'all' and n.sex = 'all'
union all
select n.family, n.month_id, 'the two months', o.opt_outs, n.opt_outs, n.opt_outs >= o.opt_outs
from workbook_now as n
join workbook_now as o on o.family = n.family and o.month_id = n.month_id - 1
where n.family = 'workbook_england'
