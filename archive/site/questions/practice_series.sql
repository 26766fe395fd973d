select
  s.month,
  s.opt_outs,
  s.opt_outs - lag(s.opt_outs) over (partition by p.code order by s.month) as change_since_row_above,
  s.list_size,
  round(100.0 * s.opt_outs / s.list_size, 2) as percent_of_list,
  coalesce(s.opt_outs_reason, s.list_size_reason) as why_empty,
  p.name as practice,
  p.code as practice_code,
  r.title as release,
  v.stated_on as published_on,
  f.sha256 as file_sha256
from places p
join practices_latest s on s.practice_code = p.code
join vintages v on v.vintage = s.since_vintage
join releases r on r.release_id = v.release_id
left join loads l on l.vintage = s.since_vintage and l.family = 'practices'
left join files f on f.file_id = l.file_id
where p.kind = 'practice' and trim(:practice) collate nocase in (p.code, p.name)
order by p.code, s.month
