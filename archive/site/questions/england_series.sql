select
  s.month,
  s.opt_outs,
  s.opt_outs - lag(s.opt_outs) over (order by s.month) as change_since_row_above,
  s.list_size,
  round(100.0 * s.opt_outs / s.list_size, 2) as percent_of_list,
  s.rate as rate_as_published,
  r.title as release,
  v.stated_on as published_on,
  f.sha256 as file_sha256
from age_sex_latest s
join vintages v on v.vintage = s.since_vintage
join releases r on r.release_id = v.release_id
left join loads l on l.vintage = s.since_vintage and l.family = 'age_sex'
left join files f on f.file_id = l.file_id
where s.age_band = 'all' and s.sex = 'all'
order by s.month
