-- error: Tables 2, 3 and 4 of the release workbook state what the CSV files of the release state of the same rows
-- Found is how many rows differ. Only rows that both state are compared; an area of the CSV files may bear its ONS code as its code.
select 'workbook_age_sex' as family, c.month_id, 'opt-outs and list sizes of ' || count(*) || ' ages and sexes' as parts, 0 as expected,
  sum(w.opt_outs is not e.opt_outs or w.list_size is not e.list_size) as found,
  sum(w.opt_outs is not e.opt_outs or w.list_size is not e.list_size) = 0 as agrees
from coverage as c
cross join workbook_age_sex_spans as w on w.month_id = c.month_id and w.since <= :vintage and coalesce(w.until, :vintage + 1) > :vintage
join workbook_age_sex_places as p on p.place_id = w.place_id
join age_sex_now as e on e.month_id = c.month_id and e.age_band = p.age_band and e.sex = p.sex
where c.family = 'workbook_age_sex' and c.vintage = :vintage group by c.month_id
union all
select 'workbook_practices', c.month_id, printf('opt-outs and list sizes of %,d practices', count(*)), 0,
  sum(w.opt_outs is not s.opt_outs or w.list_size is not s.list_size), sum(w.opt_outs is not s.opt_outs or w.list_size is not s.list_size) = 0
from coverage as c
join coverage as o on o.family = 'practices' and o.month_id = c.month_id and o.vintage = :vintage
cross join workbook_practices_spans as w on w.month_id = c.month_id and w.since <= :vintage and coalesce(w.until, :vintage + 1) > :vintage
join workbook_practices_places as p on p.place_id = w.place_id
join practices_places as q on q.practice_code = p.practice_code
join practices_spans as s on s.month_id = c.month_id and s.place_id = q.place_id and s.since <= :vintage
  and coalesce(s.until, :vintage + 1) > :vintage
where c.family = 'workbook_practices' and c.vintage = :vintage group by c.month_id
union all
select 'workbook_areas', c.month_id, printf('opt-outs and list sizes of %,d areas', count(*)), 0,
  sum(w.opt_outs is not s.opt_outs or w.list_size is not s.list_size), sum(w.opt_outs is not s.opt_outs or w.list_size is not s.list_size) = 0
from coverage as c
join coverage as o on o.family = 'practices' and o.month_id = c.month_id and o.vintage = :vintage
cross join workbook_areas_spans as w on w.month_id = c.month_id and w.since <= :vintage and coalesce(w.until, :vintage + 1) > :vintage
join workbook_areas_places as p on p.place_id = w.place_id
left join workbook_areas_label_spans as l on l.month_id = 0 and l.place_id = w.place_id and l.since <= :vintage
  and coalesce(l.until, :vintage + 1) > :vintage
left join area_labels as n on n.label_id = l.label_id
join areas_places as q on q.area_kind = p.area_kind and q.area_code in (p.area_code, n.ons_code)
join areas_spans as s on s.month_id = c.month_id and s.place_id = q.place_id and s.since <= :vintage
  and coalesce(s.until, :vintage + 1) > :vintage
where c.family = 'workbook_areas' and c.vintage = :vintage group by c.month_id
