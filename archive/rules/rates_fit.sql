-- error: Every printed rate is 100 times opt-outs divided by list size
-- Found is how many are not. A rate that agrees to 5e-9 was settled on that quotient when it was read, so that equality is exact here.
select 'age_sex' as family, month_id, 'rates of ' || count(rate) || ' rows' as parts,
  0 as expected,
  sum(rate <> 100.0 * opt_outs / list_size) as found,
  coalesce(sum(rate <> 100.0 * opt_outs / list_size), 0) = 0 as agrees
from age_sex_now where list_size > 0 and rate is not null and opt_outs is not null group by month_id
