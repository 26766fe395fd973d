with
asked as (select coalesce(nullif(trim(:area), ''), 'England') as words),
areas as (
  select kind, code, name, first_month, last_month, iif(kind = 'local_authority', 'lsoas', 'practices') as family
  from places, asked
  where kind <> 'practice' and held_in like '%"areas"%' and (
    words collate nocase in (code, ons_code, name)
    or (kind, code) in (select area_kind, area_code from area_names, asked where name = words collate nocase))),
ends as (
  select *, iif(trim(:to_month) = '', last_month, date(substr(trim(:to_month), 1, 7) || '-01')) as to_month from areas),
spans as (
  select *, iif(trim(:from_month) = '', max(first_month, date(to_month, '-1 year')),
    date(substr(trim(:from_month), 1, 7) || '-01')) as from_month
  from ends),
sources as (
  select l.vintage, l.family, r.title, v.stated_on, f.sha256
  from loads l join vintages v on v.vintage = l.vintage
  join releases r on r.release_id = v.release_id join files f on f.file_id = l.file_id),
england as (select month, opt_outs from age_sex_latest where age_band = 'all' and sex = 'all')
select
  s.name as area,
  replace(s.kind, '_', ' ') as kind,
  s.code as area_code,
  iif(s.kind = 'local_authority', 'people who live there', 'people registered with a GP practice there') as counted,
  s.from_month,
  a.opt_outs as opt_outs_at_start,
  s.to_month,
  b.opt_outs as opt_outs_at_end,
  b.opt_outs - a.opt_outs as net_change,
  cast(round(100.0 * (b.opt_outs - a.opt_outs) / b.opt_outs) as integer) as share_of_total_percent,
  round(100.0 * (b.opt_outs - a.opt_outs) / b.opt_outs, 1) as share_of_total_percent_one_decimal,
  cast(round(100.0 * (b.opt_outs - a.opt_outs) / a.opt_outs) as integer) as growth_percent,
  round(100.0 * (b.opt_outs - a.opt_outs) / a.opt_outs, 1) as growth_percent_one_decimal,
  ea.opt_outs as england_at_start,
  eb.opt_outs as england_at_end,
  eb.opt_outs - ea.opt_outs as england_net_change,
  cast(round(100.0 * (eb.opt_outs - ea.opt_outs) / eb.opt_outs) as integer) as england_share_of_total_percent,
  round(100.0 * (eb.opt_outs - ea.opt_outs) / eb.opt_outs, 1) as england_share_of_total_percent_one_decimal,
  cast(round(100.0 * (eb.opt_outs - ea.opt_outs) / ea.opt_outs) as integer) as england_growth_percent,
  round(100.0 * (eb.opt_outs - ea.opt_outs) / ea.opt_outs, 1) as england_growth_percent_one_decimal,
  sa.title as release_for_start,
  sa.stated_on as published_for_start,
  sa.sha256 as file_sha256_for_start,
  sb.title as release_for_end,
  sb.stated_on as published_for_end,
  sb.sha256 as file_sha256_for_end,
  case
    when s.from_month is null or s.to_month is null then 'A month was not understood: write it like 2021-09'
    when a.opt_outs is null and b.opt_outs is null then 'No figure for either month.'
    when a.opt_outs is null then 'No figure for the first month: ' || coalesce(a.opt_outs_reason, 'no release states it')
    when b.opt_outs is null then 'No figure for the last month: ' || coalesce(b.opt_outs_reason, 'no release states it')
  end as note,
  (select group_concat(title, '; ') from (
    select b.title from breaks_by_family b
    where b.family = 'areas' and instr(b.measures, 'opt_outs')
      and (b.area_kind is null or b.area_kind = s.kind)
      and b.from_on <= iif(b.dated_by = 'release', max(sa.stated_on, sb.stated_on), max(s.from_month, s.to_month))
      and b.to_on > iif(b.dated_by = 'release', min(sa.stated_on, sb.stated_on), min(s.from_month, s.to_month))
    order by b.from_on, b.break_id)) as breaks_in_range
from spans s
left join areas_latest a on a.area_kind = s.kind and a.area_code = s.code and a.month = s.from_month
left join areas_latest b on b.area_kind = s.kind and b.area_code = s.code and b.month = s.to_month
left join england ea on ea.month = s.from_month
left join england eb on eb.month = s.to_month
left join sources sa on sa.vintage = a.since_vintage and sa.family = s.family
left join sources sb on sb.vintage = b.since_vintage and sb.family = s.family
order by s.kind, s.code
