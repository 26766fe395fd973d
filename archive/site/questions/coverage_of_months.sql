with recursive every(month, last) as (
  select min(month), max(month) from months
  union all
  select date(month, '+1 month'), last from every where month < last)
select
  e.month,
  sum(c.times_stated) filter (where c.family = 'age_sex') as releases_with_age_and_sex,
  sum(c.times_stated) filter (where c.family = 'practices') as releases_with_practices,
  sum(c.times_stated) filter (where c.family = 'lsoas') as releases_with_lsoas,
  sum(c.cells_changed) as cells_changed_later,
  min(c.first_stated_on) as first_stated_on,
  max(c.last_confirmed_on) as last_confirmed_on
from every e
left join confirmations c on c.month = e.month
where e.month is not null
group by e.month
order by e.month desc
