-- info: No row of the dashboard has more opt-outs than people
-- Found is how many have: flagged, kept as stated.
select 'weekly' as family, week_id, count(*) || ' rows' as parts, 0 as expected, sum(opt_outs > population) as found,
  coalesce(sum(opt_outs > population), 0) = 0 as agrees
from weekly_now where population is not null group by week_id
