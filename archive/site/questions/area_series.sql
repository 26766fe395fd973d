with
asked as (select coalesce(nullif(trim(:area), ''), 'England') as words),
areas as (
  select kind, code, name, iif(kind = 'local_authority', 'lsoas', 'practices') as family
  from places, asked
  where kind <> 'practice' and held_in like '%"areas"%' and (
    words collate nocase in (code, ons_code, name)
    or (kind, code) in (select area_kind, area_code from area_names, asked where name = words collate nocase))),
told as (
  select
    s.month,
    s.opt_outs,
    s.list_size,
    coalesce(s.opt_outs_reason, s.list_size_reason) as why_empty,
    a.name,
    a.kind,
    a.code,
    r.title as release,
    v.stated_on as published_on,
    f.sha256 as file_sha256,
    lag(s.opt_outs) over above as opt_outs_above,
    lag(s.month) over above as month_above,
    lag(v.stated_on) over above as published_above
  from areas a
  join areas_latest s on s.area_kind = a.kind and s.area_code = a.code
  join vintages v on v.vintage = s.since_vintage
  join releases r on r.release_id = v.release_id
  left join loads l on l.vintage = s.since_vintage and l.family = a.family
  left join files f on f.file_id = l.file_id
  window above as (partition by a.kind, a.code order by s.month))
select
  t.month,
  t.opt_outs,
  t.opt_outs - t.opt_outs_above as change_since_row_above,
  t.list_size,
  round(100.0 * t.opt_outs / t.list_size, 2) as percent_of_list,
  t.why_empty,
  t.name as area,
  replace(t.kind, '_', ' ') as kind,
  t.code as area_code,
  t.release,
  t.published_on,
  t.file_sha256,
  (select group_concat(title, '; ') from (
    select b.title from breaks_by_family b
    where b.family = 'areas'
      and (b.area_kind is null or b.area_kind = t.kind)
      and b.from_on <= iif(b.dated_by = 'release', max(t.published_above, t.published_on), t.month)
      and b.to_on > iif(b.dated_by = 'release', min(t.published_above, t.published_on), t.month_above)
    order by b.from_on, b.break_id)) as breaks_in_range
from told t
order by t.kind, t.code, t.month
