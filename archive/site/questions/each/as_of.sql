with known as materialized (
  select m.{day}, max(c.vintage) as vintage
  from {coverage} c join {periods} m on m.{period} = c.{period} join vintages v on v.vintage = c.vintage
  where c.family = '{family}'
    and (trim(:{day}) = '' or m.{day} = {day_asked})
    and (trim(:as_of) = ''
      or iif(trim(:as_of) glob '*[^0-9]*', v.stated_on <= date(trim(:as_of)), c.vintage <= cast(trim(:as_of) as integer)))
  group by m.{day}),
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
  s.since_vintage,
  v.stated_on as stated_since,
  known.vintage as as_of_vintage,
  w.withdrawn,
  crossed.titles as breaks_in_range
from known
join {family}_statements s on s.{day} = known.{day} and s.since_vintage <= known.vintage
  and coalesce(s.until_vintage, known.vintage + 1) > known.vintage
join vintages v on v.vintage = s.since_vintage
left join withdrawn_vintages w on w.vintage = known.vintage and w.family = '{family}'
left join crossed on crossed.{day} = s.{day}{where_place_asked}
order by s.{day} desc{then_by_keys}
