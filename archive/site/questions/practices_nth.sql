with asked as (
  select iif(trim(:n) = '', 1, iif(ltrim(trim(:n), '-') glob '*[^0-9]*', 0, cast(trim(:n) as integer))) as n),
ranked as (
  select p.month, c.vintage, row_number() over same as nth, count(*) over (partition by c.month_id) as times
  from coverage c join months p on p.month_id = c.month_id
  where c.family = 'practices'
    and (trim(:month) = '' or p.month = substr(trim(:month), 1, 7) || '-01')
    and (trim(:practice_code) = '' or exists (select 1 from practices_places p where p.practice_code = upper(trim(:practice_code))))
  window same as (partition by c.month_id order by c.vintage)),
known as materialized (
  select r.month, a.n, r.times, max(r.nth) filter (where r.nth = iif(a.n > 0, a.n, r.times + 1 + a.n)) as nth,
    max(r.vintage) filter (where r.nth = iif(a.n > 0, a.n, r.times + 1 + a.n)) as vintage
  from ranked r cross join asked a
  group by r.month),
steps as (
  select month, stated_on, lag(month) over above as month_before, lag(stated_on) over above as stated_before
  from (select known.*, v.stated_on from known join vintages v on v.vintage = known.vintage)
  window above as (order by month)),
crossed as materialized (
  select s.month, (select group_concat(title, '; ') from (
    select b.title from breaks_by_family b
    where b.family = 'practices'
      and b.from_on <= iif(b.dated_by = 'release', max(s.stated_before, s.stated_on), s.month)
      and b.to_on > iif(b.dated_by = 'release', min(s.stated_before, s.stated_on), s.month_before)
    order by b.from_on, b.break_id)) as titles
  from steps s)
select
  s.month,
  s.practice_code,
  s.opt_outs,
  s.list_size,
  coalesce(s.opt_outs_reason, s.list_size_reason) as why_empty,
  (select x.printed from practices_printed_spans x join months p on p.month_id = x.month_id join practices_places q on q.place_id = x.place_id
    where p.month = s.month and q.practice_code = s.practice_code
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
join practices_statements s on s.month = k.month and s.since_vintage <= k.vintage
  and coalesce(s.until_vintage, k.vintage + 1) > k.vintage
  and (trim(:practice_code) = '' or s.practice_code = upper(trim(:practice_code)))
join vintages v on v.vintage = k.vintage
join releases r on r.release_id = v.release_id
left join loads l on l.vintage = k.vintage and l.family = 'practices'
left join files f on f.file_id = l.file_id
left join withdrawn_vintages w on w.vintage = k.vintage and w.family = 'practices'
left join crossed on crossed.month = k.month
union all
select
  k.month,
  null,
  null,
  null,
  'not_stated',
  null,
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
left join loads l on l.vintage = k.vintage and l.family = 'practices'
left join files f on f.file_id = l.file_id
left join withdrawn_vintages w on w.vintage = k.vintage and w.family = 'practices'
where not exists (select 1 from practices_statements s where s.month = k.month and s.since_vintage <= k.vintage
  and coalesce(s.until_vintage, k.vintage + 1) > k.vintage
  and (trim(:practice_code) = '' or s.practice_code = upper(trim(:practice_code))))
order by 1 desc, 2
