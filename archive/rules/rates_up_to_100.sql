-- info: No row has more opt-outs than people on its list
-- Found is how many have. Rates up to 300 % are real at tiny practices: flagged, kept as stated.
select 'practices' as family, c.month_id, printf('%,d practices', c.cells) as parts, 0 as expected, sum(s.opt_outs > s.list_size) as found,
  coalesce(sum(s.opt_outs > s.list_size), 0) = 0 as agrees
from coverage as c
cross join practices_spans as s on s.month_id = c.month_id and s.since <= :vintage and (s.until is null or s.until > :vintage)
where c.family = 'practices' and c.vintage = :vintage
group by c.month_id
union all
select 'age_sex', month_id, count(list_size) || ' rows', 0, sum(opt_outs > list_size), coalesce(sum(opt_outs > list_size), 0) = 0
from age_sex_now where list_size is not null group by month_id
union all
select family, month_id, printf('%,d rows', count(list_size)), 0, sum(opt_outs > list_size), coalesce(sum(opt_outs > list_size), 0) = 0
from workbook_now where list_size is not null group by family, month_id
