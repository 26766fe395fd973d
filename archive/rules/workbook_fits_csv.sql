-- error: Table 1 of the release workbook states what the release's file by age and sex states of England
select 'workbook_england' as family, c.month_id, 'opt-outs of England' as parts, e.opt_outs as expected, s.opt_outs as found,
  s.opt_outs = e.opt_outs as agrees
from coverage as c
join workbook_england_spans as s on s.month_id = c.month_id and s.since <= :vintage and coalesce(s.until, :vintage + 1) > :vintage
join age_sex_now as e on e.month_id = c.month_id and e.age_band = 'all' and e.sex = 'all'
where c.family = 'workbook_england' and c.vintage = :vintage
union all
select 'workbook_england', c.month_id, 'list size of England', e.list_size, s.list_size, s.list_size = e.list_size
from coverage as c
join workbook_england_spans as s on s.month_id = c.month_id and s.since <= :vintage and coalesce(s.until, :vintage + 1) > :vintage
join age_sex_now as e on e.month_id = c.month_id and e.age_band = 'all' and e.sex = 'all'
where c.family = 'workbook_england' and c.vintage = :vintage
union all
select 'workbook_england', c.month_id, 'people who have died', e.opt_outs, s.deceased, s.deceased = e.opt_outs
from coverage as c
join workbook_england_spans as s on s.month_id = c.month_id and s.since <= :vintage and coalesce(s.until, :vintage + 1) > :vintage
join age_sex_now as e on e.month_id = c.month_id and e.age_band = 'deceased' and e.sex = 'all'
where c.family = 'workbook_england' and c.vintage = :vintage
