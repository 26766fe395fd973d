select
  p.name,
  iif(p.kind = 'practice', '/optouts/practice_series?practice=', '/optouts/area_series?area=') || p.code as month_by_month,
  iif(p.kind = 'practice', null, '/optouts/area_change?area=' || p.code) as change_between_two_months,
  replace(p.kind, '_', ' ') as kind,
  p.code,
  p.postcode,
  p.other_names,
  p.first_month,
  p.last_month
from places_fts
join places p on p.place = places_fts.rowid
where places_fts match iif(instr(:q, char(0)), '""', '"' || replace(trim(replace(:q, '"', ' ')), ' ', '" "') || '"*')
order by p.kind = 'practice', rank, p.name, p.code
