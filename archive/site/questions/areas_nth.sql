with asked as (
  select iif(trim(:n) = '', 1, iif(ltrim(trim(:n), '-') glob '*[^0-9]*', 0, cast(trim(:n) as integer))) as n),
ranked as (
  select p.month, c.family, c.vintage, row_number() over same as nth, count(*) over (partition by c.family, c.month_id) as times
  from coverage c join months p on p.month_id = c.month_id
  where c.family in ('lsoas', 'practices')
    and (trim(:month) = '' or p.month = substr(trim(:month), 1, 7) || '-01')
    and (trim(:area_code) = '' or c.family in (select iif(p.area_kind = 'local_authority', 'lsoas', 'practices')
      from areas_places p where p.area_code = upper(trim(:area_code))))
  window same as (partition by c.family, c.month_id order by c.vintage)),
known as materialized (
  select r.month, r.family, a.n, r.times, max(r.nth) filter (where r.nth = iif(a.n > 0, a.n, r.times + 1 + a.n)) as nth,
    max(r.vintage) filter (where r.nth = iif(a.n > 0, a.n, r.times + 1 + a.n)) as vintage
  from ranked r cross join asked a
  group by r.month, r.family),
steps as (
  select month, family, stated_on, lag(month) over above as month_before, lag(stated_on) over above as stated_before
  from (select known.*, v.stated_on from known join vintages v on v.vintage = known.vintage)
  window above as (partition by family order by month)),
crossed as materialized (
  select s.month, k.area_kind, (select group_concat(title, '; ') from (
    select b.title from breaks_by_family b
    where b.family = 'areas' and (b.area_kind is null or b.area_kind = k.area_kind)
      and b.from_on <= iif(b.dated_by = 'release', max(s.stated_before, s.stated_on), s.month)
      and b.to_on > iif(b.dated_by = 'release', min(s.stated_before, s.stated_on), s.month_before)
    order by b.from_on, b.break_id)) as titles
  from steps s join (select distinct area_kind from areas_places) k on s.family = iif(k.area_kind = 'local_authority', 'lsoas', 'practices'))
select
  s.month,
  s.area_kind,
  s.area_code,
  s.opt_outs,
  s.list_size,
  coalesce(s.opt_outs_reason, s.list_size_reason) as why_empty,
  k.nth || ' of ' || k.times as statement,
  'Statement ' || k.nth || ' of ' || k.times || '.' as in_words,
  k.vintage,
  r.title as release,
  v.stated_on as published_on,
  f.sha256 as file_sha256,
  w.withdrawn,
  crossed.titles as breaks_in_range
from known k
join areas_statements s on s.month = k.month and s.since_vintage <= k.vintage
  and coalesce(s.until_vintage, k.vintage + 1) > k.vintage
  and k.family = iif(s.area_kind = 'local_authority', 'lsoas', 'practices')
  and (trim(:area_code) = '' or s.area_code = upper(trim(:area_code)))
join vintages v on v.vintage = k.vintage
join releases r on r.release_id = v.release_id
left join loads l on l.vintage = k.vintage and l.family = k.family
left join files f on f.file_id = l.file_id
left join withdrawn_vintages w on w.vintage = k.vintage and w.family = k.family
left join crossed on crossed.month = k.month and crossed.area_kind = s.area_kind
union all
select
  k.month,
  null,
  null,
  null,
  null,
  'not_stated',
  k.nth || ' of ' || k.times,
  case
    when k.n = 0 then 'Which statement? Write 1 for the first, 2 for the second, -1 for the newest.'
    when k.vintage is null then 'Stated ' || k.times || iif(k.times = 1, ' time', ' times') || ': there is no statement number ' || k.n || '.'
    else 'Statement ' || k.nth || ' of ' || k.times || ': it covers this month and does not state this.'
  end,
  k.vintage,
  r.title,
  v.stated_on,
  f.sha256,
  w.withdrawn,
  null
from known k
left join vintages v on v.vintage = k.vintage
left join releases r on r.release_id = v.release_id
left join loads l on l.vintage = k.vintage and l.family = k.family
left join files f on f.file_id = l.file_id
left join withdrawn_vintages w on w.vintage = k.vintage and w.family = k.family
where not exists (select 1 from areas_statements s where s.month = k.month and s.since_vintage <= k.vintage
  and coalesce(s.until_vintage, k.vintage + 1) > k.vintage
  and k.family = iif(s.area_kind = 'local_authority', 'lsoas', 'practices')
  and (trim(:area_code) = '' or s.area_code = upper(trim(:area_code))))
order by 1 desc, 2, 3
