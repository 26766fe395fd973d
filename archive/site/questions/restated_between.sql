with
asked as (
  select
    (select max(vintage) from vintages where trim(:b) = '' or stated_on <= date(trim(:b))
      or (trim(:b) not glob '*[^0-9]*' and vintage = cast(trim(:b) as integer))) as b,
    (select max(vintage) from vintages where stated_on <= date(trim(:a))
      or (trim(:a) not glob '*[^0-9]*' and vintage = cast(trim(:a) as integer))) as a),
ends as (
  select iif(trim(:a) = '', (select max(vintage) from vintages where vintage < b), a) as a, b from asked),
known as materialized (
  select o.vintage as older, o.label as label_before, n.vintage as newer, n.label as label_after
  from ends join vintages o on o.vintage = min(a, b) join vintages n on n.vintage = max(a, b)),
pairs as materialized (
  select was.family, was.month_id, m.month, k.older, k.newer
  from known k
  cross join coverage was on was.vintage = k.older
  cross join coverage now on now.family = was.family and now.month_id = was.month_id and now.vintage = k.newer
  cross join months m on m.month_id = was.month_id
  where trim(:month) = '' or m.month = substr(trim(:month), 1, 7) || '-01'),
lsoa_pairs as materialized (select month_id, month from pairs where family = 'lsoas'),
measures(at, measure) as (values (1, 'opt_outs'), (2, 'list_size'), (3, 'rate')),
restated(month, family, key, measure, old, new) as (
  select c.month, 'age_sex', p.age_band || ', ' || p.sex, m.measure,
    case m.at when 1 then o.opt_outs when 2 then o.list_size else o.rate end,
    case m.at when 1 then n.opt_outs when 2 then n.list_size else n.rate end
  from known k cross join age_sex_spans o indexed by age_sex_superseded
    on o.until > k.older and o.until <= k.newer and o.since <= k.older
  cross join pairs c on c.family = 'age_sex' and c.month_id = o.month_id
  cross join age_sex_spans n on n.month_id = o.month_id and n.place_id = o.place_id
    and n.since <= k.newer and (n.until is null or n.until > k.newer)
  cross join age_sex_places p on p.place_id = o.place_id
  cross join measures m
  where trim(:family) in ('', 'age_sex') and case m.at
    when 1 then o.opt_outs is not n.opt_outs when 2 then o.list_size is not n.list_size else o.rate is not n.rate end
  union all
  select c.month, 'practices', p.practice_code, m.measure,
    iif(m.at = 1, o.opt_outs, o.list_size), iif(m.at = 1, n.opt_outs, n.list_size)
  from known k cross join practices_spans o indexed by practices_superseded
    on o.until > k.older and o.until <= k.newer and o.since <= k.older
  cross join pairs c on c.family = 'practices' and c.month_id = o.month_id
  cross join practices_spans n on n.month_id = o.month_id and n.place_id = o.place_id
    and n.since <= k.newer and (n.until is null or n.until > k.newer)
  left join practices_places p on p.place_id = o.place_id
  cross join measures m on m.at <= 2
  where trim(:family) in ('', 'practices') and iif(m.at = 1, o.opt_outs is not n.opt_outs, o.list_size is not n.list_size)
  union all
  select e.month, 'lsoas', p.lsoa_code, 'opt_outs', e.opt_outs, n.opt_outs
  from (
    select c.month, s.month_id, s.place_id, s.opt_outs, s.until, k.newer
    from known k cross join lsoa_pairs c cross join vintages v on v.vintage > k.older and v.vintage <= k.newer
    cross join lsoas_spans s indexed by lsoas_superseded
      on s.until = v.vintage and s.month_id = c.month_id and s.since <= k.older
    order by s.month_id << 32 | s.place_id limit -1) e
  cross join lsoas_spans n on n.month_id = e.month_id and n.place_id = e.place_id
    and n.since >= e.until and n.since <= e.newer and (n.until is null or n.until > e.newer)
  left join lsoas_places p on p.place_id = e.place_id
  where trim(:family) in ('', 'lsoas') and e.opt_outs is not n.opt_outs
  union all
  select c.month, 'areas', p.area_kind || ' ' || p.area_code, m.measure,
    iif(m.at = 1, o.opt_outs, o.list_size), iif(m.at = 1, n.opt_outs, n.list_size)
  from known k cross join areas_spans o indexed by areas_superseded
    on o.until > k.older and o.until <= k.newer and o.since <= k.older
  cross join areas_places p on p.place_id = o.place_id
  cross join pairs c on c.family = iif(p.area_kind = 'local_authority', 'lsoas', 'practices') and c.month_id = o.month_id
  cross join areas_spans n on n.month_id = o.month_id and n.place_id = o.place_id
    and n.since <= k.newer and (n.until is null or n.until > k.newer)
  cross join measures m on m.at <= 2
  where trim(:family) in ('', 'areas') and iif(m.at = 1, o.opt_outs is not n.opt_outs, o.list_size is not n.list_size))
select
  x.month,
  x.family,
  x.key,
  x.measure,
  x.old as stated_before,
  x.new as stated_after,
  x.new - x.old as difference,
  (select label_before from known) as release_before,
  (select label_after from known) as release_after
from restated x
where trim(:key) = '' or instr(lower(x.key), lower(trim(:key)))
order by x.month, x.family, x.key, x.measure
