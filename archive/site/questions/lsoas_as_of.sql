with known as (
  select max(vintage) as vintage from vintages
  where trim(:as_of) = '' or stated_on <= date(trim(:as_of))
    or (trim(:as_of) not glob '*[^0-9]*' and vintage = cast(trim(:as_of) as integer)))
select
  s.month,
  s.lsoa_code,
  s.opt_outs,
  s.opt_outs_reason as why_empty,
  s.since_vintage,
  v.stated_on as stated_since,
  known.vintage as as_of_vintage
from known
join lsoas_statements s on s.since_vintage <= known.vintage
  and coalesce(s.until_vintage, known.vintage + 1) > known.vintage
join vintages v on v.vintage = s.since_vintage
where (trim(:month) = '' or s.month = substr(trim(:month), 1, 7) || '-01')
  and (trim(:lsoa_code) = '' or s.lsoa_code = upper(trim(:lsoa_code)))
order by s.month desc, s.lsoa_code
