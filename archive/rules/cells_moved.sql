-- warning: At most one figure in twenty of a month differs from the edition before
-- Expected none and found is how many; a month that moves more is restated as a whole, which is worth knowing.
select c.family, c.month_id, printf('%,d figures', c.cells) as parts, 0 as expected, c.changed as found, c.changed * 20 <= c.cells as agrees
from coverage as c
where c.vintage = :vintage and exists (
  select 1 from coverage as o where o.family = c.family and o.month_id = c.month_id and o.vintage < :vintage)
