-- warning: A week of the dashboard differs from the week before
-- 18 August 2021 repeated 11 August 2021 to the last cell; expected none and found is how many cells repeat where all of them do.
with weeks_stated as (
  select w.week_id, w.week, count(*) as cells, max(s.since) as since
  from weeks as w join weekly_spans as s on s.week_id = w.week_id and s.until is null
  group by w.week_id),
paired as (select *, lag(week) over (order by week_id) as before from weeks_stated)
select p.since as vintage, 'weekly' as family, p.week as month, p.cells || ' cells against ' || p.before as parts, 0 as expected,
  coalesce(r.cells, 0) as found, r.cells is null as agrees,
  iif(r.cells is null, '', 'Every cell repeats ' || r.same_as || ': take neither for a week without change.') as note
from paired as p left join repeated_weeks as r on r.week = p.week
where p.before is not null
