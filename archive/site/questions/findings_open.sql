select
  severity,
  code,
  subject,
  place,
  found,
  expected,
  advice,
  min(found_at) as first_found_at,
  max(found_at) as last_found_at,
  count(*) as times_found,
  sha256
from findings
where severity <> 'info'
group by severity, code, subject, place, found, expected, sha256
order by severity = 'error' desc, last_found_at desc, code, subject, place
