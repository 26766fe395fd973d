with
asked as (
  select coalesce(nullif(trim(:key), ''), 'England') as words,
    iif(trim(:month) = '', null, date(substr(trim(:month), 1, 7) || '-01')) as month),
found(family, source, place_id, key, name) as (
  select 'age_sex', 'age_sex', p.place_id, p.age_band || ', ' || p.sex, 'England'
  from asked join age_sex_places p
  where words = p.age_band || ', ' || p.sex collate nocase
    or (words = 'England' collate nocase and p.age_band = 'all' and p.sex = 'all')
  union all
  select 'practices', 'practices', p.place_id, p.practice_code, x.name
  from asked join places x on x.kind = 'practice' and words collate nocase in (x.code, x.name)
  join practices_places p on p.practice_code = x.code
  union all
  select 'lsoas', 'lsoas', p.place_id, p.lsoa_code, p.lsoa_code
  from asked join lsoas_places p on p.lsoa_code = upper(words)
  union all
  select 'areas', iif(p.area_kind = 'local_authority', 'lsoas', 'practices'), p.place_id, p.area_kind || ' ' || p.area_code, x.name
  from asked join places x on x.kind <> 'practice' and words collate nocase in (x.code, x.ons_code, x.name)
  join areas_places p on p.area_kind = x.kind and p.area_code = x.code),
spans as (
  select f.*, m.month, m.month_id, s.since, s.until, s.opt_outs
  from found f join asked a join months m on a.month is null or m.month = a.month
  join age_sex_spans s on s.month_id = m.month_id and s.place_id = f.place_id where f.family = 'age_sex'
  union all
  select f.*, m.month, m.month_id, s.since, s.until, s.opt_outs
  from found f join asked a join months m on a.month is null or m.month = a.month
  join practices_spans s on s.month_id = m.month_id and s.place_id = f.place_id where f.family = 'practices'
  union all
  select f.*, m.month, m.month_id, s.since, s.until, s.opt_outs
  from found f join asked a join months m on a.month is null or m.month = a.month
  join lsoas_spans s on s.month_id = m.month_id and s.place_id = f.place_id where f.family = 'lsoas'
  union all
  select f.*, m.month, m.month_id, s.since, s.until, s.opt_outs
  from found f join asked a join months m on a.month is null or m.month = a.month
  join areas_spans s on s.month_id = m.month_id and s.place_id = f.place_id where f.family = 'areas'),
told as (
  select s.family, s.key, s.name, s.month,
    count(distinct v.vintage) as times_stated,
    count(distinct v.release_id) as releases,
    count(distinct s.since) - 1 as times_changed,
    lag(s.month) over (partition by s.family, s.place_id order by s.month) as month_before,
    (select o.opt_outs from spans o where o.family = s.family and o.place_id = s.place_id and o.month_id = s.month_id
      order by o.since limit 1) as first_stated,
    (select o.opt_outs from spans o where o.family = s.family and o.place_id = s.place_id and o.month_id = s.month_id
      order by o.since desc limit 1) as last_stated,
    max(s.until is null) as still_stated,
    min(v.stated_on) as first_stated_on,
    max(v.stated_on) as last_confirmed_on
  from spans s
  join coverage c on c.family = s.source and c.month_id = s.month_id and c.vintage >= s.since
    and c.vintage < coalesce(s.until, c.vintage + 1)
  join vintages v on v.vintage = c.vintage
  group by s.family, s.place_id, s.month_id)
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
