with recursive every(month, last) as (
  select min(month), max(month) from months
  union all
  select date(month, '+1 month'), last from every where month < last),
told as (
  select
    e.month,
    sum(c.times_stated) filter (where c.family = 'age_sex') as releases_with_age_and_sex,
    sum(c.times_stated) filter (where c.family = 'practices') as releases_with_practices,
    sum(c.times_stated) filter (where c.family = 'lsoas') as releases_with_lsoas,
    sum(c.times_stated) filter (where c.family = 'workbook_england') as releases_with_workbook,
    sum(c.cells_changed) as cells_changed_later,
    min(c.first_stated_on) as first_stated_on,
    max(c.last_confirmed_on) as last_confirmed_on
  from every e
  left join confirmations c on c.month = e.month and c.family <> 'weekly'
  where e.month is not null
  group by e.month)
select
  t.*,
  (select group_concat(title, '; ') from (
    select distinct b.title from breaks_by_family b
    where b.dated_by = 'month' and b.from_on <= t.month and b.to_on > date(t.month, '-1 month')
    order by b.from_on, b.break_id)) as breaks_in_range
from told t
order by t.month desc
