with asked as (
  select
    trim(:family) as family,
    iif(trim(:from_month) = '', '0000-01-01', date(substr(trim(:from_month), 1, 7) || '-01')) as from_month,
    iif(trim(:to_month) = '', '9999-12-31', date(substr(trim(:to_month), 1, 7) || '-01')) as to_month)
select
  b.title,
  b.from_on,
  b.to_on,
  b.severity,
  b.families,
  b.area_kinds,
  b.measures,
  b.what_changed,
  b.how_sure,
  b.source,
  b.source_address,
  b.stated_on
from breaks b, asked
where b.from_on <= asked.to_month and coalesce(b.to_on, b.from_on) > asked.from_month
  and (asked.family = '' or instr(', ' || b.families || ',', ', ' || asked.family || ','))
order by b.from_on, b.break_id
