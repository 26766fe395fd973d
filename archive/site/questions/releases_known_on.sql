with
asked as (select coalesce(date(nullif(trim(:day), '')), '9999-12-31') as day),
known as (
  select c.month_id, max(c.vintage) as vintage
  from asked join vintages v on v.stated_on <= asked.day
  join coverage c on c.family = 'age_sex' and c.vintage = v.vintage
  group by c.month_id),
newest as (
  select c.vintage, max(c.month_id) as month_id
  from coverage c where c.family = 'age_sex' group by c.vintage),
told as (
  select
    v.vintage,
    v.stated_on as published_on,
    r.title as release,
    v.edition,
    m.month as newest_month_in_it,
    s.opt_outs as england_opt_outs_as_then_known,
    round(100.0 * s.opt_outs / s.list_size, 2) as percent_of_list,
    f.sha256 as file_sha256,
    w.withdrawn
  from asked
  join vintages v on v.stated_on <= asked.day
  join releases r on r.release_id = v.release_id
  left join newest n on n.vintage = v.vintage
  left join months m on m.month_id = n.month_id
  left join known on known.month_id = n.month_id
  left join age_sex_statements s on s.month = m.month and s.age_band = 'all' and s.sex = 'all'
    and s.since_vintage <= known.vintage and coalesce(s.until_vintage, known.vintage + 1) > known.vintage
  left join loads l on l.vintage = s.since_vintage and l.family = 'age_sex'
  left join files f on f.file_id = l.file_id
  left join withdrawn_vintages w on w.vintage = v.vintage and w.family = 'age_sex'),
steps as (
  select *, lag(newest_month_in_it) over above as month_before, lag(published_on) over above as published_before
  from told window above as (order by published_on, vintage))
select
  published_on,
  release,
  edition,
  newest_month_in_it,
  england_opt_outs_as_then_known,
  percent_of_list,
  file_sha256,
  withdrawn,
  (select group_concat(title, '; ') from (
    select b.title from breaks_by_family b
    where b.family = 'age_sex'
      and b.from_on <= iif(b.dated_by = 'release', s.published_on, max(s.month_before, s.newest_month_in_it))
      and b.to_on > iif(b.dated_by = 'release', s.published_before, min(s.month_before, s.newest_month_in_it))
    order by b.from_on, b.break_id)) as breaks_in_range
from steps s
order by published_on desc, vintage desc
