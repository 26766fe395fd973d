-- error: Every printed rate is 100 times opt-outs divided by list size, to 5e-9 of it
-- Found is how many are not. A rate that agrees to 5e-9 was settled on that quotient when it was read, so that equality is exact here.
select 'age_sex' as family, month_id, 'rates of ' || count(rate) || ' rows' as parts,
  0 as expected,
  sum(rate <> 100.0 * opt_outs / list_size) as found,
  coalesce(sum(rate <> 100.0 * opt_outs / list_size), 0) = 0 as agrees
from age_sex_now where list_size > 0 and rate is not null and opt_outs is not null group by month_id
union all
select family, month_id, printf('rates of %,d rows', count(*)), 0, sum(rate <> 100.0 * opt_outs / list_size),
  sum(rate <> 100.0 * opt_outs / list_size) = 0
from workbook_now where list_size > 0 and rate is not null and opt_outs is not null group by family, month_id
