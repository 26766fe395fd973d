with
asked as (
  select coalesce(nullif(trim(:key), ''), 'England') as words, nullif(substr(trim(:month), 1, 7), '') as month),
known(kind, code, name) as materialized (
  select x.kind, x.code, x.name from asked join places x on words collate nocase in (x.code, x.ons_code, x.name)),
found(family, source, place_id, key, name) as (
  -- for each family by age and sex:
  select '{family}', '{family}', p.place_id, {key}, 'England'
  from asked join {family}_places p
  where words = {key} collate nocase or (words = 'England' collate nocase and p.age_band = 'all' and p.sex = 'all')
  -- end
  union all
  -- for each family by practice:
  select '{family}', '{family}', p.place_id, p.practice_code, x.name
  from known x cross join {family}_places p on p.practice_code = x.code
  where x.kind = 'practice'
  -- end
  union all
  select 'lsoas', 'lsoas', p.place_id, p.lsoa_code, p.lsoa_code
  from asked join lsoas_places p on p.lsoa_code = upper(words)
  union all
  -- for each family by area:
  select '{family}', {source}, p.place_id, {key}, x.name
  from known x cross join {family}_places p on {kind} = x.kind and {code} = x.code
  where x.kind <> 'practice'
  union all
  select '{family}', {source}, p.place_id, {key}, {key}
  from asked join {family}_places p on words = {key} collate nocase
  where not exists (select 1 from known)
  -- end
  union all
  select 'workbook_england', 'workbook_england', p.place_id, 'England', 'England'
  from asked join workbook_england_places p
  where words collate nocase in ('England', 'E92000001')),
spans(family, source, place_id, key, name, month, period_id, since, until, opt_outs) as materialized (
  -- for each family:
  select f.family, f.source, f.place_id, f.key, f.name, m.{day}, m.{period}, s.since, s.until, s.opt_outs
  from found f join asked a join {periods} m on a.month is null or substr(m.{day}, 1, 7) = a.month
  join {family}_spans s on s.{period} = m.{period} and s.place_id = f.place_id
  where f.family = '{family}'
  -- end
  ),
stated as materialized (
  select s.*, c.vintage from spans s
  join coverage c on c.family = s.source and c.month_id = s.period_id and c.vintage >= s.since
    and c.vintage < coalesce(s.until, c.vintage + 1)
  where s.family <> 'weekly'
  union all
  select s.*, c.vintage from spans s
  join weekly_coverage c on c.family = s.source and c.week_id = s.period_id and c.vintage >= s.since
    and c.vintage < coalesce(s.until, c.vintage + 1)
  where s.family = 'weekly'),
told as (
  select s.family, s.key, s.name, s.month,
    count(distinct v.vintage) as times_stated,
    count(distinct v.release_id) as releases,
    count(distinct s.since) - 1 as times_changed,
    lag(s.month) over (partition by s.family, s.place_id order by s.month) as month_before,
    (select o.opt_outs from spans o where o.family = s.family and o.place_id = s.place_id and o.period_id = s.period_id
      order by o.since limit 1) as first_stated,
    (select o.opt_outs from spans o where o.family = s.family and o.place_id = s.place_id and o.period_id = s.period_id
      order by o.since desc limit 1) as last_stated,
    max(s.until is null) as still_stated,
    min(v.stated_on) as first_stated_on,
    max(v.stated_on) as last_confirmed_on
  from stated s
  join vintages v on v.vintage = s.vintage
  group by s.family, s.place_id, s.period_id)
select
  month,
  family,
  key,
  name,
  first_stated as opt_outs_first_stated,
  last_stated as opt_outs_last_stated,
  last_stated - first_stated as difference,
  times_stated,
  releases,
  times_changed,
  first_stated_on,
  last_confirmed_on,
  'Stated in ' || times_stated || iif(times_stated > releases, ' editions of ' || releases, '')
    || iif(releases = 1, ' release', ' releases')
    || case times_changed
      when 0 then ', never changed' when 1 then ', changed once'
      else ', changed ' || times_changed || ' times' end
    || iif(still_stated, ', last confirmed ', ', dropped since; last stated ')
    || ltrim(strftime('%d', last_confirmed_on), '0') || ' ' || rtrim(substr(
      'January  February March    April    May      June     July     August   SeptemberOctober  November December ',
      strftime('%m', last_confirmed_on) * 9 - 8, 9)) || ' ' || strftime('%Y', last_confirmed_on) || '.' as in_words,
  (select group_concat(title, '; ') from (
    select b.title from breaks_by_family b
    where b.family = told.family and (b.area_kind is null or b.area_kind = substr(told.key, 1, instr(told.key, ' ') - 1))
      and b.from_on <= iif(b.dated_by = 'release', told.last_confirmed_on, told.month)
      and b.to_on > iif(b.dated_by = 'release', told.first_stated_on, told.month_before)
    order by b.from_on, b.break_id)) as breaks_in_range
from told
order by month desc, family, key
