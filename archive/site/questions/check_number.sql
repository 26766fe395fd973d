with
typed as (select replace(replace(trim(:number), ',', ''), ' ', '') as digits),
asked as (select cast(digits as integer) as n from typed where digits <> '' and digits not glob '*[^0-9]*' and length(digits) < 16),
stated(family, source, month, kind, code, key, since, until, counted) as (
  -- for each family:
  select '{family}', {source}, m.{day}, {kind}, {code}, {key}, s.since, s.until, case a.n {counted} end
  from asked a cross join {family}_spans s
  join {family}_places p on p.place_id = s.place_id
  join {periods} m on m.{period} = s.{period}
  where a.n in ({counts})
  -- end
  ),
changed(family, from_month, month, kind, code, key, since, change) as (
  -- for each family with England:
  select '{family}', f.{day}, t.{day}, {kind}, {code}, {key}, max(x.since, y.since), y.opt_outs - x.opt_outs
  from asked a cross join {family}_places p
  cross join {periods} f cross join {family}_spans x on x.{period} = f.{period} and x.place_id = p.place_id and x.until is null
  cross join {periods} t on t.{period} > f.{period}
  cross join {family}_spans y on y.{period} = t.{period} and y.place_id = p.place_id and y.until is null
    and y.opt_outs in (x.opt_outs + a.n, x.opt_outs - a.n)
  where {is_england}
  -- end
  ),
found as (
  select 1 as rank, 'as it stands' as reading, counted, family, source, null as from_month, month, kind, code, key, since, until
  from stated
  union all
  select 2, iif(change < 0, 'a fall', 'a rise') || ' between two ' || iif(family = 'weekly', 'weeks', 'months'), 'opt-outs',
    family, family, from_month, month, kind, code, key, since, null
  from changed),
known as materialized (
  -- The same place has the same words whichever source states it, so that sources that agree can be seen to.
  select f.*, iif(f.kind = 'deceased', 'people who have died', f.counted) as people,
    case
      when f.kind = 'england' or f.key in ('England', 'all, all', 'deceased, all') then 'England'
      when f.kind = 'deceased' then 'England, all, ' || f.code
      when f.family in ('age_sex', 'workbook_age_sex') then 'England, ' || f.key
      when f.kind = 'age_band' then 'England, ' || f.code || ', all'
      when f.kind = 'sex' then 'England, all, ' || f.code
      else coalesce(l.name, f.key) end as place
  from found f
  left join places l on l.kind = f.kind and l.code = f.code)
select
  f.reading,
  f.people as counted,
  f.family,
  f.key,
  f.place,
  f.from_month,
  f.month,
  r.title as first_stated_in,
  v.stated_on as published_on,
  iif(f.until is null, 'still stated', 'restated since') as standing,
  (select group_concat(family, ', ') from (select distinct o.family from known o where o.rank = f.rank and o.people = f.people
    and o.place = f.place and o.month = f.month and o.from_month is f.from_month order by o.family)) as sources_that_agree,
  files.sha256 as file_sha256,
  count(*) over (partition by f.rank) as found_like_this,
  (select group_concat(title, '; ') from (
    select b.title from breaks_by_family b
    where b.family = f.family and b.dated_by = 'month' and b.from_on <= f.month and b.to_on > f.from_month
    order by b.from_on, b.break_id)) as breaks_in_range
from known f
join vintages v on v.vintage = f.since
join releases r on r.release_id = v.release_id
left join loads on loads.vintage = f.since and loads.family = f.source
left join files on files.file_id = loads.file_id
order by f.rank, f.family = 'lsoas', f.family like '%practices', f.family like '%areas', f.place <> 'England', f.family like 'w%',
  julianday(f.month) - julianday(coalesce(f.from_month, f.month)), f.month desc, f.key
