with
asked as (
  select
    (select max(vintage) from vintages where trim(:b) = '' or stated_on <= date(trim(:b))
      or (trim(:b) not glob '*[^0-9]*' and vintage = cast(trim(:b) as integer))) as b,
    (select max(vintage) from vintages where stated_on <= date(trim(:a))
      or (trim(:a) not glob '*[^0-9]*' and vintage = cast(trim(:a) as integer))) as a),
ends as (
  select iif(trim(:a) = '', (select max(vintage) from vintages where vintage < b), a) as a, b from asked),
known as materialized (
  select min(a, b) as older, max(a, b) as newer from ends where a is not null and b is not null),
pairs(family, period_id, cells_before, cells_after, older, newer) as materialized (
  select was.family, was.month_id, was.cells, now.cells, k.older, k.newer
  from known k
  cross join coverage was on was.vintage = k.older
  join coverage now on now.family = was.family and now.month_id = was.month_id and now.vintage = k.newer
  union all
  select was.family, was.week_id, was.cells, now.cells, k.older, k.newer
  from known k
  cross join weekly_coverage was on was.vintage = k.older
  join weekly_coverage now on now.family = was.family and now.week_id = was.week_id and now.vintage = k.newer),
measures(family, at, measure) as materialized (
  -- for each measure:
  select '{family}', {at}, '{measure}'
  -- end
  ),
parts(family, at, part) as materialized (
  -- for each part of a key:
  select '{family}', {at}, '{part}'
  -- end
  ),
ended(family, source, period_id, key, still, old_1, old_2, old_3, old_4, new_1, new_2, new_3, new_4) as materialized (
  -- for each family:
  select '{family}', {source}, o.{period}, {key}, n.since, {old_values}, {new_values}
  from known k cross join {family}_spans o indexed by {family}_superseded
    on o.until > k.older and o.until <= k.newer and o.since <= k.older
  cross join {family}_places p on p.place_id = o.place_id
  left join {family}_spans n on n.{period} = o.{period} and n.place_id = o.place_id
    and n.since <= k.newer and coalesce(n.until, k.newer + 1) > k.newer
  where trim(:family) in ('', '{family}')
  -- end
  ),
fallen as (select family, period_id, count(*) as cells from ended where still is null group by family, period_id),
grown as materialized (
  select c.* from pairs c left join fallen d on d.family = c.family and d.period_id = c.period_id
  where c.cells_after > c.cells_before - coalesce(d.cells, 0)),
come(family, period_id, key) as (
  -- for each family:
  select '{family}', n.{period}, {key}
  from {growing} c
  cross join {family}_spans n on n.{period} = c.period_id and n.since > c.older
    and n.since <= c.newer and coalesce(n.until, c.newer + 1) > c.newer
  cross join {family}_places p on p.place_id = n.place_id
  where c.family = {source} and trim(:family) in ('', '{family}') and not exists (
    select 1 from {family}_spans o where o.{period} = n.{period} and o.place_id = n.place_id
      and o.since <= c.older and coalesce(o.until, c.older + 1) > c.older)
  -- end
  ),
texts(family, period_id, key, keys, old_text, new_text, old_1, old_2, old_3, old_4, new_1, new_2, new_3, new_4) as materialized (
  -- for each family with printed texts:
  select '{family}', t.period_id, {key}, {keys}, t.old_text, t.new_text, {old_values}, {new_values}
  from (
    select o.{period} as period_id, o.place_id, o.printed as old_text, n.printed as new_text, k.older, k.newer
    from known k cross join {family}_printed_spans o indexed by {family}_reprinted
      on o.until > k.older and o.until <= k.newer and o.since <= k.older
    join pairs c on c.family = '{family}' and c.period_id = o.{period}
    left join {family}_printed_spans n on n.{period} = o.{period} and n.place_id = o.place_id
      and n.since <= k.newer and coalesce(n.until, k.newer + 1) > k.newer
    union all
    select n.{period}, n.place_id, null, n.printed, c.older, c.newer
    from pairs c cross join {family}_printed_spans n on n.{period} = c.period_id and n.since > c.older
      and n.since <= c.newer and coalesce(n.until, c.newer + 1) > c.newer
    where c.family = '{family}' and not exists (
      select 1 from {family}_printed_spans o where o.{period} = n.{period} and o.place_id = n.place_id
        and o.since <= c.older and coalesce(o.until, c.older + 1) > c.older)) t
  cross join {family}_spans o on o.{period} = t.period_id and o.place_id = t.place_id
    and o.since <= t.older and coalesce(o.until, t.older + 1) > t.older
  cross join {family}_spans n on n.{period} = t.period_id and n.place_id = t.place_id
    and n.since <= t.newer and coalesce(n.until, t.newer + 1) > t.newer
  cross join {family}_places p on p.place_id = t.place_id
  where trim(:family) in ('', '{family}')
  -- end
  ),
cells as (
  select t.family, t.period_id, t.key, m.measure,
    case m.at when 1 then old_1 when 2 then old_2 when 3 then old_3 else old_4 end as old_value,
    case m.at when 1 then new_1 when 2 then new_2 when 3 then new_3 else new_4 end as new_value,
    json_extract(t.old_text, '$[' || (t.keys + m.at - 1) || ']') as old_text,
    json_extract(t.new_text, '$[' || (t.keys + m.at - 1) || ']') as new_text
  from texts t cross join measures m on m.family = t.family),
reworded as (
  select family, period_id, key, measure, coalesce(old_text, cast(old_value as text)) as old,
    coalesce(new_text, cast(new_value as text)) as new
  from cells where old_value is new_value),
labelled(book, family, period_id, key, old_label, new_label) as materialized (
  -- for each family with labels:
  select '{book}', '{family}', r.period_id, {key},
    coalesce(
      (select l.label_id from {family}_label_spans l where l.{period} = r.period_id and l.place_id = r.place_id
        and l.since <= r.older and coalesce(l.until, r.older + 1) > r.older),
      (select l.label_id from {family}_label_spans l where l.{period} = 0 and l.place_id = r.place_id
        and l.since <= r.older and coalesce(l.until, r.older + 1) > r.older)),
    coalesce(
      (select l.label_id from {family}_label_spans l where l.{period} = r.period_id and l.place_id = r.place_id
        and l.since <= r.newer and coalesce(l.until, r.newer + 1) > r.newer),
      (select l.label_id from {family}_label_spans l where l.{period} = 0 and l.place_id = r.place_id
        and l.since <= r.newer and coalesce(l.until, r.newer + 1) > r.newer))
  from (
    select c.period_id, o.place_id, k.older, k.newer
    from known k
    cross join {family}_label_spans o indexed by {family}_relabelled
      on o.until > k.older and o.until <= k.newer and o.since <= k.older and o.{period} = 0
    cross join pairs c on c.family = '{family}'
    union all
    select x.period_id, x.place_id, k.older, k.newer
    from known k cross join (
      select c.period_id, o.place_id
      from known k cross join {family}_label_spans o indexed by {family}_relabelled
      on o.until > k.older and o.until <= k.newer and o.since <= k.older
      join pairs c on c.family = '{family}' and c.period_id = o.{period}
      union
      select c.period_id, n.place_id
      from pairs c cross join {family}_label_spans n on n.{period} = c.period_id and n.since > c.older
        and n.since <= c.newer and coalesce(n.until, c.newer + 1) > c.newer
      where c.family = '{family}') x
    where not exists (
      select 1 from {family}_label_spans o where o.{period} = 0 and o.place_id = x.place_id
        and +o.until > k.older and +o.until <= k.newer and o.since <= k.older)) r
  cross join {family}_places p on p.place_id = r.place_id
  where trim(:family) in ('', '{family}')
    and exists (select 1 from {family}_spans o where o.{period} = r.period_id and o.place_id = r.place_id
      and o.since <= r.older and coalesce(o.until, r.older + 1) > r.older)
    and exists (select 1 from {family}_spans n where n.{period} = r.period_id and n.place_id = r.place_id
      and n.since <= r.newer and coalesce(n.until, r.newer + 1) > r.newer)
  -- end
  union all
  select 'area_labels', 'areas', o.month_id, p.area_kind || ' ' || p.area_code, o.label_id, n.label_id
  from known k cross join areas_label_spans o indexed by areas_relabelled
    on o.until > k.older and o.until <= k.newer and o.since <= k.older
  cross join areas_places p on p.place_id = o.place_id
  join pairs c on c.family = iif(p.area_kind = 'local_authority', 'lsoas', 'practices') and c.period_id = o.month_id
  join areas_label_spans n on n.month_id = o.month_id and n.place_id = o.place_id
    and n.since <= k.newer and coalesce(n.until, k.newer + 1) > k.newer
  where trim(:family) in ('', 'areas')),
places_renamed as (
  select x.family, x.period_id, x.key,
    substr(iif(lo.name <> ln.name, ', name', '') || iif(lo.postcode <> ln.postcode, ', postcode', '')
      || iif(lo.geography_id <> ln.geography_id, ', areas', ''), 3) as field,
    substr(iif(lo.name <> ln.name, '; ' || lo.name, '') || iif(lo.postcode <> ln.postcode, '; ' || lo.postcode, '')
      || iif(go.ccg_ons_code <> gn.ccg_ons_code, '; ' || go.ccg_ons_code, '') || iif(go.ccg_name <> gn.ccg_name, '; ' || go.ccg_name, '')
      || iif(go.sub_icb_code <> gn.sub_icb_code, '; ' || go.sub_icb_code, '') || iif(go.sub_icb_ons_code <> gn.sub_icb_ons_code, '; ' || go.sub_icb_ons_code, '')
      || iif(go.sub_icb_name <> gn.sub_icb_name, '; ' || go.sub_icb_name, '') || iif(go.icb_code <> gn.icb_code, '; ' || go.icb_code, '')
      || iif(go.icb_ons_code <> gn.icb_ons_code, '; ' || go.icb_ons_code, '') || iif(go.icb_name <> gn.icb_name, '; ' || go.icb_name, '')
      || iif(go.region_code <> gn.region_code, '; ' || go.region_code, '') || iif(go.region_ons_code <> gn.region_ons_code, '; ' || go.region_ons_code, '')
      || iif(go.region_name <> gn.region_name, '; ' || go.region_name, '') || iif(go.local_authority_code <> gn.local_authority_code, '; ' || go.local_authority_code, '')
      || iif(go.local_authority_name <> gn.local_authority_name, '; ' || go.local_authority_name, ''), 3) as old,
    substr(iif(lo.name <> ln.name, '; ' || ln.name, '') || iif(lo.postcode <> ln.postcode, '; ' || ln.postcode, '')
      || iif(go.ccg_ons_code <> gn.ccg_ons_code, '; ' || gn.ccg_ons_code, '') || iif(go.ccg_name <> gn.ccg_name, '; ' || gn.ccg_name, '')
      || iif(go.sub_icb_code <> gn.sub_icb_code, '; ' || gn.sub_icb_code, '') || iif(go.sub_icb_ons_code <> gn.sub_icb_ons_code, '; ' || gn.sub_icb_ons_code, '')
      || iif(go.sub_icb_name <> gn.sub_icb_name, '; ' || gn.sub_icb_name, '') || iif(go.icb_code <> gn.icb_code, '; ' || gn.icb_code, '')
      || iif(go.icb_ons_code <> gn.icb_ons_code, '; ' || gn.icb_ons_code, '') || iif(go.icb_name <> gn.icb_name, '; ' || gn.icb_name, '')
      || iif(go.region_code <> gn.region_code, '; ' || gn.region_code, '') || iif(go.region_ons_code <> gn.region_ons_code, '; ' || gn.region_ons_code, '')
      || iif(go.region_name <> gn.region_name, '; ' || gn.region_name, '') || iif(go.local_authority_code <> gn.local_authority_code, '; ' || gn.local_authority_code, '')
      || iif(go.local_authority_name <> gn.local_authority_name, '; ' || gn.local_authority_name, ''), 3) as new
  from labelled x
  cross join labels lo on lo.label_id = x.old_label
  cross join geographies go on go.geography_id = lo.geography_id
  cross join labels ln on ln.label_id = x.new_label
  cross join geographies gn on gn.geography_id = ln.geography_id
  where x.book = 'labels' and lo.label_id <> ln.label_id),
areas_renamed as (
  select x.family, x.period_id, x.key,
    substr(iif(lo.name <> ln.name, ', name', '') || iif(lo.ons_code <> ln.ons_code, ', ons_code', ''), 3) as field,
    substr(iif(lo.name <> ln.name, '; ' || lo.name, '') || iif(lo.ons_code <> ln.ons_code, '; ' || lo.ons_code, ''), 3) as old,
    substr(iif(lo.name <> ln.name, '; ' || ln.name, '') || iif(lo.ons_code <> ln.ons_code, '; ' || ln.ons_code, ''), 3) as new
  from labelled x
  cross join area_labels lo on lo.label_id = x.old_label
  cross join area_labels ln on ln.label_id = x.new_label
  where x.book = 'area_labels' and lo.label_id <> ln.label_id),
keys_reworded as (
  select t.family, t.period_id, t.key, k.part as field,
    json_extract(t.old_text, '$[' || (k.at - 1) || ']') as old, json_extract(t.new_text, '$[' || (k.at - 1) || ']') as new
  from texts t cross join parts k on k.family = t.family
  where t.old_text is not null and t.new_text is not null),
differences(class, family, period_id, key, field, old, new) as (
  select 'value', e.family, e.period_id, e.key, m.measure,
    case m.at when 1 then old_1 when 2 then old_2 when 3 then old_3 else old_4 end,
    case m.at when 1 then new_1 when 2 then new_2 when 3 then new_3 else new_4 end
  from ended e
  cross join pairs c on c.family = e.source and c.period_id = e.period_id
  cross join measures m on m.family = e.family
  where e.still is not null and case m.at
    when 1 then old_1 is not new_1 when 2 then old_2 is not new_2 when 3 then old_3 is not new_3 else old_4 is not new_4 end
  union all select 'dropped', e.family, e.period_id, e.key, null, null, null
    from ended e cross join pairs c on c.family = e.source and c.period_id = e.period_id where e.still is null
  union all select 'added', family, period_id, key, null, null, null from come
  union all select 'text', family, period_id, key, measure, old, new from reworded where old is not new
  union all select 'label', family, period_id, key, field, old, new from keys_reworded where old is not new
  union all select 'label', family, period_id, key, field, old, new from places_renamed
  union all select 'label', family, period_id, key, field, old, new from areas_renamed),
spanned as (
  select c.family, min(coalesce(m.month, w.week)) as first_month, max(coalesce(m.month, w.week)) as last_month, c.older, c.newer
  from pairs c
  left join months m on m.month_id = c.period_id and c.family <> 'weekly'
  left join weeks w on w.week_id = c.period_id and c.family = 'weekly'
  group by c.family),
crossed(family, area_kind, titles) as materialized (
  select t.family, t.area_kind, (select group_concat(title, '; ') from (
    select b.title from breaks_by_family b
    where b.family = t.family and (b.area_kind is null or b.area_kind = t.area_kind)
      and b.from_on <= iif(b.dated_by = 'release', vn.stated_on, s.last_month)
      and b.to_on > iif(b.dated_by = 'release', vo.stated_on, s.first_month)
    order by b.from_on, b.break_id))
  from spanned s join vintages vo on vo.vintage = s.older join vintages vn on vn.vintage = s.newer
  join (select family, '' as area_kind, family as source from spanned
    union select 'areas', area_kind, iif(area_kind = 'local_authority', 'lsoas', 'practices') from areas_places
    union select 'workbook_areas', area_kind, 'workbook_areas' from workbook_areas_places) t
    on t.source = s.family
  where trim(:family) in ('', t.family))
select
  d.class,
  coalesce(m.month, w.week) as month,
  d.family,
  d.key,
  d.field,
  d.old as stated_before,
  d.new as stated_after,
  vo.label as release_before,
  vn.label as release_after,
  b.titles as breaks_in_range
from differences d
left join months m on m.month_id = d.period_id and d.family <> 'weekly'
left join weeks w on w.week_id = d.period_id and d.family = 'weekly'
join known k
join vintages vo on vo.vintage = k.older
join vintages vn on vn.vintage = k.newer
left join crossed b on b.family = d.family and b.area_kind = iif(d.family in ('areas', 'workbook_areas'), substr(d.key, 1, instr(d.key, ' ') - 1), '')
