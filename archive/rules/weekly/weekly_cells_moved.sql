-- warning: At most one figure in twenty of a week differs from the export before
-- Expected none and found is how many; a week that moves more is restated as a whole, which is worth knowing.
select c.family, c.week_id, printf('%,d figures', c.cells) as parts, 0 as expected, c.changed as found, c.changed * 20 <= c.cells as agrees
from weekly_coverage as c
where c.vintage = :vintage and exists (
  select 1 from weekly_coverage as o where o.family = c.family and o.week_id = c.week_id and o.vintage < :vintage)
