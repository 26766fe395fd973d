-- error: All age groups, unknown age included, add up to England's total
select 'age_sex' as family, month_id, 'opt-outs of ' || sum(age_band <> 'all') || ' age groups' as parts,
  max(opt_outs) filter (where age_band = 'all') as expected,
  sum(opt_outs) filter (where age_band <> 'all') as found,
  iif(max(opt_outs_unknown), null, max(opt_outs) filter (where age_band = 'all') = sum(opt_outs) filter (where age_band <> 'all'))
    as agrees
from age_sex_now where sex = 'all' and age_band <> 'deceased' group by month_id
union all
select 'age_sex', month_id, 'list sizes of ' || count(list_size) filter (where age_band <> 'all') || ' age groups',
  max(list_size) filter (where age_band = 'all'),
  sum(list_size) filter (where age_band <> 'all'),
  iif(max(list_size_unknown), null, max(list_size) filter (where age_band = 'all') = sum(list_size) filter (where age_band <> 'all'))
from age_sex_now where sex = 'all' and age_band <> 'deceased' group by month_id
