-- error: Deceased people of each sex add up to all deceased people
select 'age_sex' as family, month_id, 'deceased of ' || sum(sex <> 'all') || ' sexes' as parts,
  max(opt_outs) filter (where sex = 'all') as expected,
  sum(opt_outs) filter (where sex <> 'all') as found,
  iif(max(opt_outs_unknown), null, max(opt_outs) filter (where sex = 'all') = sum(opt_outs) filter (where sex <> 'all')) as agrees
from age_sex_now where age_band = 'deceased' group by month_id
