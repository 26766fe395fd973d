with
told as (
  select
    s.month,
    s.opt_outs,
    s.list_size,
    s.rate,
    coalesce(s.opt_outs_reason, s.list_size_reason, s.rate_reason) as why_empty,
    r.title as release,
    v.stated_on as published_on,
    f.sha256 as file_sha256,
    lag(s.opt_outs) over above as opt_outs_above,
    lag(s.month) over above as month_above,
    lag(v.stated_on) over above as published_above
  from age_sex_latest s
  join vintages v on v.vintage = s.since_vintage
  join releases r on r.release_id = v.release_id
  left join loads l on l.vintage = s.since_vintage and l.family = 'age_sex'
  left join files f on f.file_id = l.file_id
  where s.age_band = 'all' and s.sex = 'all'
  window above as (order by s.month))
select
  t.month,
  t.opt_outs,
  t.opt_outs - t.opt_outs_above as change_since_row_above,
  t.list_size,
  round(100.0 * t.opt_outs / t.list_size, 2) as percent_of_list,
  t.rate as rate_as_published,
  t.why_empty,
  t.release,
  t.published_on,
  t.file_sha256,
  (select group_concat(title, '; ') from (
    select b.title from breaks_by_family b
    where b.family = 'age_sex'
      and b.from_on <= iif(b.dated_by = 'release', max(t.published_above, t.published_on), t.month)
      and b.to_on > iif(b.dated_by = 'release', min(t.published_above, t.published_on), t.month_above)
    order by b.from_on, b.break_id)) as breaks_in_range
from told t
order by t.month
