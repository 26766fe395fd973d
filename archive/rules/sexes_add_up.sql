-- error: Female, male and unknown sex add up to England's total
select 'age_sex' as family, month_id, 'opt-outs of ' || sum(sex <> 'all') || ' sexes' as parts,
  max(opt_outs) filter (where sex = 'all') as expected,
  sum(opt_outs) filter (where sex <> 'all') as found,
  iif(max(opt_outs_unknown), null, max(opt_outs) filter (where sex = 'all') = sum(opt_outs) filter (where sex <> 'all')) as agrees
from age_sex_now where age_band = 'all' group by month_id
union all
select 'age_sex', month_id, 'list sizes of ' || count(list_size) filter (where sex <> 'all') || ' sexes',
  max(list_size) filter (where sex = 'all'),
  sum(list_size) filter (where sex <> 'all'),
  iif(max(list_size_unknown), null, max(list_size) filter (where sex = 'all') = sum(list_size) filter (where sex <> 'all'))
from age_sex_now where age_band = 'all' group by month_id
