with
asked as (select coalesce(date(nullif(trim(:day), '')), '9999-12-31') as day),
known as (
  select c.month_id, max(c.vintage) as vintage
  from asked join vintages v on v.stated_on <= asked.day
  join coverage c on c.family = 'age_sex' and c.vintage = v.vintage
  group by c.month_id),
newest as (
  select c.vintage, max(c.month_id) as month_id
  from coverage c where c.family = 'age_sex' group by c.vintage)
select
  v.stated_on as published_on,
  r.title as release,
  v.edition,
  m.month as newest_month_in_it,
  s.opt_outs as england_opt_outs_as_then_known,
  round(100.0 * s.opt_outs / s.list_size, 2) as percent_of_list,
  f.sha256 as file_sha256
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
order by v.stated_on desc, v.vintage desc
