-- error: Every rate of the dashboard is 100 times opt-outs divided by population, to 5e-9 of it
-- Found is how many are not. A rate that agrees to 5e-9 was settled on that quotient when it was read, so that equality is exact here.
select 'weekly' as family, week_id, 'rates of ' || count(*) || ' rows' as parts, 0 as expected,
  sum(rate <> 100.0 * opt_outs / population) as found, sum(rate <> 100.0 * opt_outs / population) = 0 as agrees
from weekly_now where population > 0 and rate is not null and opt_outs is not null group by week_id
