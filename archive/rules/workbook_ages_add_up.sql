-- error: Ages and sexes of Table 2 add up to England in Table 1 of the same workbook
-- Table 2 has each age by sex and people of unknown sex as one row; those who have died stand outside the total, as in Table 1.
with now as (
  select s.month_id, p.age_band = 'deceased' as is_deceased, s.opt_outs, s.list_size, e.opt_outs as england,
    e.list_size as england_list, e.deceased as england_deceased
  from coverage as c
  join coverage as o on o.family = 'workbook_england' and o.month_id = c.month_id and o.vintage = :vintage
  cross join workbook_age_sex_spans as s on s.month_id = c.month_id and s.since <= :vintage and coalesce(s.until, :vintage + 1) > :vintage
  join workbook_age_sex_places as p on p.place_id = s.place_id
  join workbook_england_spans as e on e.month_id = c.month_id and e.since <= :vintage and coalesce(e.until, :vintage + 1) > :vintage
  where c.family = 'workbook_age_sex' and c.vintage = :vintage)
select 'workbook_age_sex' as family, month_id, 'opt-outs of ' || count(*) || ' rows' as parts, england as expected, sum(opt_outs) as found,
  iif(count(opt_outs) < count(*), null, sum(opt_outs) = england) as agrees
from now where not is_deceased group by month_id
union all
select 'workbook_age_sex', month_id, 'list sizes of ' || count(list_size) || ' rows', england_list, sum(list_size), sum(list_size) = england_list
from now where not is_deceased group by month_id
union all
select 'workbook_age_sex', month_id, 'people who have died, of ' || count(*) || ' sexes', england_deceased, sum(opt_outs),
  iif(count(opt_outs) < count(*), null, sum(opt_outs) = england_deceased)
from now where is_deceased group by month_id
