-- warning: All LSOAs and people without one add up to England's total in the file by age and sex
-- Residence and registration need not agree, so that a difference is worth knowing and no error. The sums of local authorities,
-- made from every LSOA at the load, are added up: the LSOAs themselves would be 400,000 rows to read for each release.
select 'lsoas' as family, c.month_id, printf('opt-outs of %,d LSOAs and those without', c.cells - 1) as parts,
  e.opt_outs as expected,
  sum(s.opt_outs) as found,
  iif(count(s.opt_outs) < count(*), null, sum(s.opt_outs) = e.opt_outs) as agrees
from coverage as c
cross join age_sex_now as e on e.month_id = c.month_id and e.age_band = 'all' and e.sex = 'all'
cross join areas_places as a on a.area_kind = 'local_authority'
cross join areas_spans as s on s.month_id = c.month_id and s.place_id = a.place_id and s.since <= :vintage
  and (s.until is null or s.until > :vintage)
where c.family = 'lsoas' and c.vintage = :vintage
group by c.month_id
