with asked as (
  select iif(trim(:n) = '', 1, iif(ltrim(trim(:n), '-') glob '*[^0-9]*', 0, cast(trim(:n) as integer))) as n),
ranked as (
  select p.week, c.vintage, row_number() over same as nth, count(*) over (partition by c.week_id) as times
  from weekly_coverage c join weeks p on p.week_id = c.week_id
  where c.family = 'weekly'
    and (trim(:week) = '' or p.week = trim(:week))
    and (trim(:code) = '' or exists (select 1 from weekly_places p where p.code collate nocase = trim(:code)))
  window same as (partition by c.week_id order by c.vintage)),
known as materialized (
  select r.week, a.n, r.times, max(r.nth) filter (where r.nth = iif(a.n > 0, a.n, r.times + 1 + a.n)) as nth,
    max(r.vintage) filter (where r.nth = iif(a.n > 0, a.n, r.times + 1 + a.n)) as vintage
  from ranked r cross join asked a
  group by r.week),
steps as (
  select week, stated_on, lag(week) over above as week_before, lag(stated_on) over above as stated_before
  from (select known.*, v.stated_on from known join vintages v on v.vintage = known.vintage)
  window above as (order by week)),
crossed as materialized (
  select s.week, (select group_concat(title, '; ') from (
    select b.title from breaks_by_family b
    where b.family = 'weekly'
      and b.from_on <= iif(b.dated_by = 'release', max(s.stated_before, s.stated_on), s.week)
      and b.to_on > iif(b.dated_by = 'release', min(s.stated_before, s.stated_on), s.week_before)
    order by b.from_on, b.break_id)) as titles
  from steps s)
select
  s.week,
  s.group_kind,
  s.code,
  s.opt_outs,
  s.population,
  s.rate,
  coalesce(s.opt_outs_reason, s.population_reason, s.rate_reason) as why_empty,
  (select x.printed from weekly_printed_spans x join weeks p on p.week_id = x.week_id join weekly_places q on q.place_id = x.place_id
    where p.week = s.week and q.group_kind = s.group_kind and q.code = s.code
      and x.since <= k.vintage and coalesce(x.until, k.vintage + 1) > k.vintage) as as_printed,
  k.nth || ' of ' || k.times as statement,
  'Statement ' || k.nth || ' of ' || k.times || '.' as in_words,
  k.vintage,
  r.title as release,
  v.stated_on as published_on,
  f.sha256 as file_sha256,
  w.withdrawn,
  crossed.titles as breaks_in_range
from known k
join weekly_statements s on s.week = k.week and s.since_vintage <= k.vintage
  and coalesce(s.until_vintage, k.vintage + 1) > k.vintage
  and (trim(:code) = '' or s.code collate nocase = trim(:code))
join vintages v on v.vintage = k.vintage
join releases r on r.release_id = v.release_id
left join loads l on l.vintage = k.vintage and l.family = 'weekly'
left join files f on f.file_id = l.file_id
left join withdrawn_vintages w on w.vintage = k.vintage and w.family = 'weekly'
left join crossed on crossed.week = k.week
union all
select
  k.week,
  null,
  null,
  null,
  null,
  null,
  'not_stated',
  null,
  k.nth || ' of ' || k.times,
  case
    when k.n = 0 then 'Which statement? Write 1 for the first, 2 for the second, -1 for the newest.'
    when k.vintage is null then 'Stated ' || k.times || iif(k.times = 1, ' time', ' times') || ': there is no statement number ' || k.n || '.'
    else 'Statement ' || k.nth || ' of ' || k.times || ': it covers this week and does not state this.'
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
left join loads l on l.vintage = k.vintage and l.family = 'weekly'
left join files f on f.file_id = l.file_id
left join withdrawn_vintages w on w.vintage = k.vintage and w.family = 'weekly'
where not exists (select 1 from weekly_statements s where s.week = k.week and s.since_vintage <= k.vintage
  and coalesce(s.until_vintage, k.vintage + 1) > k.vintage
  and (trim(:code) = '' or s.code collate nocase = trim(:code)))
order by 1 desc, 2, 3
