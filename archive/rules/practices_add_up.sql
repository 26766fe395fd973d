-- error: All practices and people without one add up to England's total in the file by age and sex
select 'practices' as family, p.month_id, printf('opt-outs of %,d practices and those without', p.cells - 1) as parts,
  e.opt_outs as expected, s.opt_outs as found, s.opt_outs = e.opt_outs as agrees
from coverage as p
cross join areas_places as a on a.area_kind = 'england'
cross join areas_spans as s on s.month_id = p.month_id and s.place_id = a.place_id
  and s.since <= :vintage and coalesce(s.until, :vintage + 1) > :vintage
cross join age_sex_now as e on e.month_id = p.month_id and e.age_band = 'all' and e.sex = 'all'
where p.family = 'practices' and p.vintage = :vintage
union all
select 'practices', p.month_id, printf('list sizes of %,d practices', p.cells - 1), e.list_size, s.list_size, s.list_size = e.list_size
from coverage as p
cross join areas_places as a on a.area_kind = 'england'
cross join areas_spans as s on s.month_id = p.month_id and s.place_id = a.place_id
  and s.since <= :vintage and coalesce(s.until, :vintage + 1) > :vintage
cross join age_sex_now as e on e.month_id = p.month_id and e.age_band = 'all' and e.sex = 'all'
where p.family = 'practices' and p.vintage = :vintage
