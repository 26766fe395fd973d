-- error: Regions, CCGs (or sub-ICBs) and age groups of the dashboard each add up to England in the same week
-- People with no open practice are added to the areas and people of unknown age to the ages. The export has no group of unknown sex,
-- so that its sexes fall short of England and are not added up.
with groups(part, words) as (values ('region', 'regions and those without'), ('ccg', 'areas and those without'), ('age_band', 'age groups')),
parts as (
  select g.words, n.week_id, n.opt_outs, n.population, n.is_unknown
  from groups as g
  join weekly_now as n on n.group_kind = g.part or (n.group_kind = 'sub_icb' and g.part = 'ccg')
    or (n.group_kind = 'unallocated' and g.part <> 'age_band'))
select 'weekly' as family, p.week_id, 'opt-outs of ' || count(*) || ' ' || p.words as parts, e.opt_outs as expected, sum(p.opt_outs) as found,
  iif(count(p.opt_outs) < count(*), null, sum(p.opt_outs) = e.opt_outs) as agrees
from parts as p join weekly_now as e on e.week_id = p.week_id and e.group_kind = 'england'
group by p.week_id, p.words having count(*) > 1
union all
select 'weekly', p.week_id, 'list sizes of ' || count(p.population) || ' ' || p.words, e.population, sum(p.population),
  iif(max(p.is_unknown), null, sum(p.population) = e.population)
from parts as p join weekly_now as e on e.week_id = p.week_id and e.group_kind = 'england'
group by p.week_id, p.words having count(*) > 1
