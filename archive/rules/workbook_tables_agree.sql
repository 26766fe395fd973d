-- error: The practices of Table 3, and the areas of Table 4, add up to England in Table 1 of the same workbook
select 'workbook_practices' as family, c.month_id, printf('opt-outs of %,d practices and those without', c.cells - 1) as parts,
  e.opt_outs as expected, sum(s.opt_outs) as found,
  iif(count(s.opt_outs) < c.cells, null, sum(s.opt_outs) = e.opt_outs) as agrees
from coverage as c
join workbook_practices_spans as s on s.month_id = c.month_id and s.since <= :vintage and coalesce(s.until, :vintage + 1) > :vintage
join workbook_england_spans as e on e.month_id = c.month_id and e.since <= :vintage and coalesce(e.until, :vintage + 1) > :vintage
join coverage as o on o.family = 'workbook_england' and o.month_id = c.month_id and o.vintage = :vintage
where c.family = 'workbook_practices' and c.vintage = :vintage group by c.month_id
union all
select 'workbook_areas', c.month_id, printf('opt-outs of %,d areas and those without', c.cells - 1),
  e.opt_outs, sum(s.opt_outs), iif(count(s.opt_outs) < c.cells, null, sum(s.opt_outs) = e.opt_outs)
from coverage as c
join workbook_areas_spans as s on s.month_id = c.month_id and s.since <= :vintage and coalesce(s.until, :vintage + 1) > :vintage
join workbook_england_spans as e on e.month_id = c.month_id and e.since <= :vintage and coalesce(e.until, :vintage + 1) > :vintage
join coverage as o on o.family = 'workbook_england' and o.month_id = c.month_id and o.vintage = :vintage
where c.family = 'workbook_areas' and c.vintage = :vintage group by c.month_id
union all
select 'workbook_areas', c.month_id, printf('people who have died, of %,d areas and those without', c.cells - 1),
  e.deceased, sum(s.deceased), iif(count(s.deceased) < c.cells, null, sum(s.deceased) = e.deceased)
from coverage as c
join workbook_areas_spans as s on s.month_id = c.month_id and s.since <= :vintage and coalesce(s.until, :vintage + 1) > :vintage
join workbook_england_spans as e on e.month_id = c.month_id and e.since <= :vintage and coalesce(e.until, :vintage + 1) > :vintage
join coverage as o on o.family = 'workbook_england' and o.month_id = c.month_id and o.vintage = :vintage
where c.family = 'workbook_areas' and c.vintage = :vintage group by c.month_id
