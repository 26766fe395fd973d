with
typed as (select replace(replace(trim(:number), ',', ''), ' ', '') as digits),
asked as (select cast(digits as integer) as n from typed where digits <> '' and digits not glob '*[^0-9]*' and length(digits) < 16),
stated(family, source, month_id, key, since, until, counted) as (
  select 'age_sex', 'age_sex', s.month_id, p.age_band || ', ' || p.sex, s.since, s.until,
    iif(s.opt_outs = a.n, 'opt-outs', 'list size')
  from asked a cross join age_sex_spans s join age_sex_places p on p.place_id = s.place_id
  where s.opt_outs = a.n or s.list_size = a.n
  union all
  select 'areas', iif(p.area_kind = 'local_authority', 'lsoas', 'practices'), s.month_id,
    p.area_kind || ' ' || p.area_code, s.since, s.until, iif(s.opt_outs = a.n, 'opt-outs', 'list size')
  from asked a cross join areas_spans s join areas_places p on p.place_id = s.place_id
  where s.opt_outs = a.n or s.list_size = a.n
  union all
  select 'practices', 'practices', s.month_id, p.practice_code, s.since, s.until, iif(s.opt_outs = a.n, 'opt-outs', 'list size')
  from asked a cross join practices_spans s join practices_places p on p.place_id = s.place_id
  where s.opt_outs = a.n or s.list_size = a.n
  union all
  select 'lsoas', 'lsoas', s.month_id, p.lsoa_code, s.since, s.until, 'opt-outs'
  from asked a cross join lsoas_spans s join lsoas_places p on p.place_id = s.place_id where s.opt_outs = a.n),
changed as (
  select x.month_id as from_month_id, y.month_id, p.age_band || ', ' || p.sex as key, max(x.since, y.since) as since,
    y.opt_outs - x.opt_outs as change
  from asked a cross join age_sex_places p
  join age_sex_spans x on x.place_id = p.place_id and x.until is null
  join age_sex_spans y on y.place_id = p.place_id and y.until is null and y.month_id > x.month_id
    and y.opt_outs in (x.opt_outs + a.n, x.opt_outs - a.n)
  where p.sex = 'all' and p.age_band = 'all'),
found as (
  select 1 as rank, 'as it stands' as reading, counted, family, source, null as from_month_id, month_id,
    key, since, until
  from stated
  union all
  select 2, iif(change < 0, 'a fall', 'a rise') || ' between two months', 'opt-outs', 'age_sex', 'age_sex', from_month_id,
    month_id, key, since, null
  from changed)
select
  f.reading,
  f.counted,
  f.family,
  f.key,
  coalesce(l.name, iif(f.family = 'age_sex', 'England', f.key)) as place,
  x.month as from_month,
  m.month,
  r.title as first_stated_in,
  v.stated_on as published_on,
  iif(f.until is null, 'still stated', 'restated since') as standing,
  files.sha256 as file_sha256,
  count(*) over (partition by f.rank) as found_like_this,
  (select group_concat(title, '; ') from (
    select b.title from breaks_by_family b
    where b.family = f.family and b.dated_by = 'month' and b.from_on <= m.month and b.to_on > x.month
    order by b.from_on, b.break_id)) as breaks_in_range
from found f
join months m on m.month_id = f.month_id
left join months x on x.month_id = f.from_month_id
join vintages v on v.vintage = f.since
join releases r on r.release_id = v.release_id
left join loads on loads.vintage = f.since and loads.family = f.source
left join files on files.file_id = loads.file_id
left join places l on l.kind = iif(f.family = 'practices', 'practice', substr(f.key, 1, instr(f.key, ' ') - 1))
  and l.code = iif(f.family = 'practices', f.key, substr(f.key, instr(f.key, ' ') + 1)) and f.family in ('practices', 'areas')
order by f.rank, f.family = 'lsoas', f.family = 'practices', f.family = 'areas', f.key <> 'all, all',
  m.month_id - coalesce(x.month_id, m.month_id), m.month desc, f.key
