with
asked as (select coalesce(nullif(trim(:code), ''), 'E92000001') as words),
groups as (
  select p.group_kind, p.code from weekly_places p, asked
  where words collate nocase in (p.code, iif(p.group_kind = 'england', 'England', null))
    or (p.group_kind, p.code) in (
      select group_kind, code from weekly_names, asked
      where group_kind not in ('age_band', 'sex') and words collate nocase in (name, ons_code))),
told as (
  select
    s.*,
    r.title as release,
    v.stated_on as published_on,
    f.sha256 as file_sha256,
    lag(s.opt_outs) over above as opt_outs_above,
    lag(s.week) over above as week_above,
    lag(v.stated_on) over above as published_above
  from groups g
  join weekly_latest s on s.group_kind = g.group_kind and s.code = g.code
  join vintages v on v.vintage = s.since_vintage
  join releases r on r.release_id = v.release_id
  left join loads l on l.vintage = s.since_vintage and l.family = 'weekly'
  left join files f on f.file_id = l.file_id
  window above as (partition by s.group_kind, s.code order by s.week))
select
  t.week,
  t.opt_outs,
  t.opt_outs - t.opt_outs_above as change_since_row_above,
  round(100.0 * (t.opt_outs - t.opt_outs_above) / t.opt_outs_above, 2) as growth_percent_since_row_above,
  t.population,
  round(100.0 * t.opt_outs / t.population, 2) as percent_of_list,
  t.rate as rate_as_published,
  coalesce(t.opt_outs_reason, t.population_reason, t.rate_reason) as why_empty,
  t.group_kind,
  t.code,
  (select n.name from weekly_names n where n.group_kind = t.group_kind and n.code = t.code and n.only_for_week is null
    order by n.since_vintage desc limit 1) as name,
  (select x.same_as from repeated_weeks x where x.week = t.week) as repeats_week,
  t.release,
  t.published_on,
  t.file_sha256,
  (select group_concat(title, '; ') from (
    select b.title from breaks_by_family b
    where b.family = 'weekly'
      and b.from_on <= iif(b.dated_by = 'release', max(t.published_above, t.published_on), t.week)
      and b.to_on > iif(b.dated_by = 'release', min(t.published_above, t.published_on), t.week_above)
    order by b.from_on, b.break_id)) as breaks_in_range
from told t
order by t.group_kind, t.code, t.week
