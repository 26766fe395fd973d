with
asked as (select coalesce(nullif(trim(:area), ''), 'England') as words),
areas as (
  select kind, code, name, iif(kind = 'local_authority', 'lsoas', 'practices') as family
  from places, asked
  where kind <> 'practice' and (
    words collate nocase in (code, ons_code, name)
    or (kind, code) in (select area_kind, area_code from area_names, asked where name = words collate nocase)))
select
  s.month,
  s.opt_outs,
  s.opt_outs - lag(s.opt_outs) over (partition by a.kind, a.code order by s.month) as change_since_row_above,
  s.list_size,
  round(100.0 * s.opt_outs / s.list_size, 2) as percent_of_list,
  a.name as area,
  replace(a.kind, '_', ' ') as kind,
  a.code as area_code,
  r.title as release,
  v.stated_on as published_on,
  f.sha256 as file_sha256
from areas a
join areas_latest s on s.area_kind = a.kind and s.area_code = a.code
join vintages v on v.vintage = s.since_vintage
join releases r on r.release_id = v.release_id
left join loads l on l.vintage = s.since_vintage and l.family = a.family
left join files f on f.file_id = l.file_id
order by a.kind, a.code, s.month
