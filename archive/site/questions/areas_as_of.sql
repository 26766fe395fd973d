with known as (
  select max(vintage) as vintage from vintages
  where trim(:as_of) = '' or stated_on <= date(trim(:as_of))
    or (trim(:as_of) not glob '*[^0-9]*' and vintage = cast(trim(:as_of) as integer)))
select
  s.month,
  s.area_kind,
  s.area_code,
  s.opt_outs,
  s.list_size,
  s.since_vintage,
  v.stated_on as stated_since,
  known.vintage as as_of_vintage
from known
join areas_statements s on s.since_vintage <= known.vintage
  and coalesce(s.until_vintage, known.vintage + 1) > known.vintage
join vintages v on v.vintage = s.since_vintage
where (trim(:month) = '' or s.month = substr(trim(:month), 1, 7) || '-01')
  and (trim(:area_code) = '' or s.area_code = upper(trim(:area_code)))
order by s.month desc, s.area_kind, s.area_code
