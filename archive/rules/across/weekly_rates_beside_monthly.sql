-- info: The weekly dashboard states for the first of a month the rate that the monthly file states for that day
-- It does not: it divides by an older list (1 September 2021: 5.3485 % against 5.3458 %). Told with both lists, since both are right.
select max(w.since_vintage, m.since_vintage) as vintage, 'weekly' as family, m.month, 'rate of England' as parts,
  m.rate as expected, w.rate as found, abs(w.rate - m.rate) <= 5e-9 * m.rate as agrees,
  iif(w.population = m.list_size, printf('Both divide by %,d people on GP lists.', m.list_size),
    printf('The dashboard divides %,d by %,d people on GP lists, the monthly file %,d by %,d: %s.', w.opt_outs, w.population, m.opt_outs,
      m.list_size, iif(w.opt_outs = m.opt_outs, 'only the lists differ', 'both counts and lists differ'))) as note
from weekly_latest as w
join age_sex_latest as m on m.month = w.week and m.age_band = 'all' and m.sex = 'all'
where w.group_kind = 'england' and w.rate is not null and m.rate is not null
