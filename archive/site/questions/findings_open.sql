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
  and not exists (
    select 1 from findings s where s.code = findings.code and s.subject = findings.subject and s.place = findings.place
      and s.series is findings.series and s.severity = 'info' and s.finding_id > findings.finding_id
  )
group by severity, code, subject, place, found, expected, sha256
order by severity = 'error' desc, last_found_at desc, code, subject, place
