with asked as (
  select iif(trim(:n) = '', 1, iif(ltrim(trim(:n), '-') glob '*[^0-9]*', 0, cast(trim(:n) as integer))) as n),
ranked as (
  select p.{day}, c.vintage, row_number() over same as nth, count(*) over (partition by c.{period}) as times
  from {coverage} c join {periods} p on p.{period} = c.{period}
  where c.family = '{family}'
    and (trim(:{day}) = '' or p.{day} = {day_asked}){known_place_asked}
  window same as (partition by c.{period} order by c.vintage)),
known as materialized (
  select r.{day}, a.n, r.times, max(r.nth) filter (where r.nth = iif(a.n > 0, a.n, r.times + 1 + a.n)) as nth,
    max(r.vintage) filter (where r.nth = iif(a.n > 0, a.n, r.times + 1 + a.n)) as vintage
  from ranked r cross join asked a
  group by r.{day}),
steps as (
  select {day}, stated_on, lag({day}) over above as {day}_before, lag(stated_on) over above as stated_before
  from (select known.*, v.stated_on from known join vintages v on v.vintage = known.vintage)
  window above as (order by {day})),
crossed as materialized (
  select s.{day}, (select group_concat(title, '; ') from (
    select b.title from breaks_by_family b
    where b.family = '{family}'
      and b.from_on <= iif(b.dated_by = 'release', max(s.stated_before, s.stated_on), s.{day})
      and b.to_on > iif(b.dated_by = 'release', min(s.stated_before, s.stated_on), s.{day}_before)
    order by b.from_on, b.break_id)) as titles
  from steps s)
select
  s.{day},
{keys_and_measures}  {why_empty} as why_empty,
  (select x.printed from {family}_printed_spans x join {periods} p on p.{period} = x.{period}{join_place}
    where p.{day} = s.{day}{same_place}
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
join {family}_statements s on s.{day} = k.{day} and s.since_vintage <= k.vintage
  and coalesce(s.until_vintage, k.vintage + 1) > k.vintage{place_asked}
join vintages v on v.vintage = k.vintage
join releases r on r.release_id = v.release_id
left join loads l on l.vintage = k.vintage and l.family = '{family}'
left join files f on f.file_id = l.file_id
left join withdrawn_vintages w on w.vintage = k.vintage and w.family = '{family}'
left join crossed on crossed.{day} = k.{day}
union all
select
  k.{day},
{nulls}  'not_stated',
  null,
  k.nth || ' of ' || k.times,
  case
    when k.n = 0 then 'Which statement? Write 1 for the first, 2 for the second, -1 for the newest.'
    when k.vintage is null then 'Stated ' || k.times || iif(k.times = 1, ' time', ' times') || ': there is no statement number ' || k.n || '.'
    else 'Statement ' || k.nth || ' of ' || k.times || ': it covers this {day} and does not state this.'
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
left join loads l on l.vintage = k.vintage and l.family = '{family}'
left join files f on f.file_id = l.file_id
left join withdrawn_vintages w on w.vintage = k.vintage and w.family = '{family}'
where not exists (select 1 from {family}_statements s where s.{day} = k.{day} and s.since_vintage <= k.vintage
  and coalesce(s.until_vintage, k.vintage + 1) > k.vintage{place_asked})
order by 1 desc{then_by}
