-- warning: The weekly dashboard states for the first of a month what the monthly file states for that day
-- Equal on 1 September 2021; 3,304,995 against 3,305,099 on 1 December 2021. Neither is corrected by the other.
select max(w.since_vintage, m.since_vintage) as vintage, 'weekly' as family, m.month, 'opt-outs of England' as parts,
  m.opt_outs as expected, w.opt_outs as found, w.opt_outs = m.opt_outs as agrees
from weekly_latest as w
join age_sex_latest as m on m.month = w.week and m.age_band = 'all' and m.sex = 'all'
where w.group_kind = 'england'
