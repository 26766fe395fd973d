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
pairs as materialized (
  select was.family, was.month_id, was.cells as cells_before, now.cells as cells_after, k.older, k.newer
  from known k
  cross join coverage was on was.vintage = k.older
  join coverage now on now.family = was.family and now.month_id = was.month_id and now.vintage = k.newer),
measures(at, measure) as (values (1, 'opt_outs'), (2, 'list_size'), (3, 'rate')),
ended as materialized (
  select 'age_sex' as family, o.month_id, p.age_band || ', ' || p.sex as key, n.since as still,
    o.opt_outs as old_1, o.list_size as old_2, o.rate as old_3, n.opt_outs as new_1, n.list_size as new_2, n.rate as new_3
  from known k cross join age_sex_spans o indexed by age_sex_superseded
    on o.until > k.older and o.until <= k.newer and o.since <= k.older
  cross join age_sex_places p on p.place_id = o.place_id
  join pairs c on c.family = 'age_sex' and c.month_id = o.month_id
  left join age_sex_spans n on n.month_id = o.month_id and n.place_id = o.place_id
    and n.since <= k.newer and coalesce(n.until, k.newer + 1) > k.newer
  where trim(:family) in ('', 'age_sex')
  union all
  select 'practices' as family, o.month_id, p.practice_code as key, n.since as still,
    o.opt_outs, o.list_size, null, n.opt_outs, n.list_size, null
  from known k cross join practices_spans o indexed by practices_superseded
    on o.until > k.older and o.until <= k.newer and o.since <= k.older
  cross join practices_places p on p.place_id = o.place_id
  join pairs c on c.family = 'practices' and c.month_id = o.month_id
  left join practices_spans n on n.month_id = o.month_id and n.place_id = o.place_id
    and n.since <= k.newer and coalesce(n.until, k.newer + 1) > k.newer
  where trim(:family) in ('', 'practices')
  union all
  select 'lsoas' as family, o.month_id, p.lsoa_code as key, n.since as still,
    o.opt_outs, null, null, n.opt_outs, null, null
  from known k cross join lsoas_spans o indexed by lsoas_superseded
    on o.until > k.older and o.until <= k.newer and o.since <= k.older
  cross join lsoas_places p on p.place_id = o.place_id
  join pairs c on c.family = 'lsoas' and c.month_id = o.month_id
  left join lsoas_spans n on n.month_id = o.month_id and n.place_id = o.place_id
    and n.since <= k.newer and coalesce(n.until, k.newer + 1) > k.newer
  where trim(:family) in ('', 'lsoas')
  union all
  select 'areas' as family, o.month_id, p.area_kind || ' ' || p.area_code as key, n.since as still,
    o.opt_outs, o.list_size, null, n.opt_outs, n.list_size, null
  from known k cross join areas_spans o indexed by areas_superseded
    on o.until > k.older and o.until <= k.newer and o.since <= k.older
  cross join areas_places p on p.place_id = o.place_id
  join pairs c on c.family = iif(p.area_kind = 'local_authority', 'lsoas', 'practices') and c.month_id = o.month_id
  left join areas_spans n on n.month_id = o.month_id and n.place_id = o.place_id
    and n.since <= k.newer and coalesce(n.until, k.newer + 1) > k.newer
  where trim(:family) in ('', 'areas')),
fallen as (select family, month_id, count(*) as cells from ended where still is null group by family, month_id),
grown as materialized (
  select c.* from pairs c left join fallen d on d.family = c.family and d.month_id = c.month_id
  where c.cells_after > c.cells_before - coalesce(d.cells, 0)),
come(family, month_id, key) as (
  select 'age_sex', n.month_id, p.age_band || ', ' || p.sex
  from grown c
  cross join age_sex_spans n on n.month_id = c.month_id and n.since > c.older
    and n.since <= c.newer and coalesce(n.until, c.newer + 1) > c.newer
  cross join age_sex_places p on p.place_id = n.place_id
  where c.family = 'age_sex' and trim(:family) in ('', 'age_sex') and not exists (
    select 1 from age_sex_spans o where o.month_id = n.month_id and o.place_id = n.place_id
      and o.since <= c.older and coalesce(o.until, c.older + 1) > c.older)
  union all
  select 'practices', n.month_id, p.practice_code
  from grown c
  cross join practices_spans n on n.month_id = c.month_id and n.since > c.older
    and n.since <= c.newer and coalesce(n.until, c.newer + 1) > c.newer
  cross join practices_places p on p.place_id = n.place_id
  where c.family = 'practices' and trim(:family) in ('', 'practices') and not exists (
    select 1 from practices_spans o where o.month_id = n.month_id and o.place_id = n.place_id
      and o.since <= c.older and coalesce(o.until, c.older + 1) > c.older)
  union all
  select 'lsoas', n.month_id, p.lsoa_code
  from grown c
  cross join lsoas_spans n on n.month_id = c.month_id and n.since > c.older
    and n.since <= c.newer and coalesce(n.until, c.newer + 1) > c.newer
  cross join lsoas_places p on p.place_id = n.place_id
  where c.family = 'lsoas' and trim(:family) in ('', 'lsoas') and not exists (
    select 1 from lsoas_spans o where o.month_id = n.month_id and o.place_id = n.place_id
      and o.since <= c.older and coalesce(o.until, c.older + 1) > c.older)
  union all
  select 'areas', n.month_id, p.area_kind || ' ' || p.area_code
  from pairs c cross join areas_spans n on n.month_id = c.month_id and n.since > c.older
    and n.since <= c.newer and coalesce(n.until, c.newer + 1) > c.newer
  cross join areas_places p on p.place_id = n.place_id and c.family = iif(p.area_kind = 'local_authority', 'lsoas', 'practices') and c.month_id = n.month_id
  where trim(:family) in ('', 'areas') and not exists (
    select 1 from areas_spans o where o.month_id = n.month_id and o.place_id = n.place_id
      and o.since <= c.older and coalesce(o.until, c.older + 1) > c.older)),
printed(family, month_id, place_id, old_text, new_text, older, newer) as materialized (
  select 'age_sex', o.month_id, o.place_id, o.printed, n.printed, k.older, k.newer
  from known k cross join age_sex_printed_spans o indexed by age_sex_reprinted
    on o.until > k.older and o.until <= k.newer and o.since <= k.older
  join pairs c on c.family = 'age_sex' and c.month_id = o.month_id
  left join age_sex_printed_spans n on n.month_id = o.month_id and n.place_id = o.place_id
    and n.since <= k.newer and coalesce(n.until, k.newer + 1) > k.newer
  where trim(:family) in ('', 'age_sex')
  union all
  select 'age_sex', n.month_id, n.place_id, null, n.printed, c.older, c.newer
  from pairs c cross join age_sex_printed_spans n on n.month_id = c.month_id and n.since > c.older
    and n.since <= c.newer and coalesce(n.until, c.newer + 1) > c.newer
  where c.family = 'age_sex' and trim(:family) in ('', 'age_sex') and not exists (
    select 1 from age_sex_printed_spans o where o.month_id = n.month_id and o.place_id = n.place_id
      and o.since <= c.older and coalesce(o.until, c.older + 1) > c.older)
  union all
  select 'practices', o.month_id, o.place_id, o.printed, n.printed, k.older, k.newer
  from known k cross join practices_printed_spans o indexed by practices_reprinted
    on o.until > k.older and o.until <= k.newer and o.since <= k.older
  join pairs c on c.family = 'practices' and c.month_id = o.month_id
  left join practices_printed_spans n on n.month_id = o.month_id and n.place_id = o.place_id
    and n.since <= k.newer and coalesce(n.until, k.newer + 1) > k.newer
  where trim(:family) in ('', 'practices')
  union all
  select 'practices', n.month_id, n.place_id, null, n.printed, c.older, c.newer
  from pairs c cross join practices_printed_spans n on n.month_id = c.month_id and n.since > c.older
    and n.since <= c.newer and coalesce(n.until, c.newer + 1) > c.newer
  where c.family = 'practices' and trim(:family) in ('', 'practices') and not exists (
    select 1 from practices_printed_spans o where o.month_id = n.month_id and o.place_id = n.place_id
      and o.since <= c.older and coalesce(o.until, c.older + 1) > c.older)
  union all
  select 'lsoas', o.month_id, o.place_id, o.printed, n.printed, k.older, k.newer
  from known k cross join lsoas_printed_spans o indexed by lsoas_reprinted
    on o.until > k.older and o.until <= k.newer and o.since <= k.older
  join pairs c on c.family = 'lsoas' and c.month_id = o.month_id
  left join lsoas_printed_spans n on n.month_id = o.month_id and n.place_id = o.place_id
    and n.since <= k.newer and coalesce(n.until, k.newer + 1) > k.newer
  where trim(:family) in ('', 'lsoas')
  union all
  select 'lsoas', n.month_id, n.place_id, null, n.printed, c.older, c.newer
  from pairs c cross join lsoas_printed_spans n on n.month_id = c.month_id and n.since > c.older
    and n.since <= c.newer and coalesce(n.until, c.newer + 1) > c.newer
  where c.family = 'lsoas' and trim(:family) in ('', 'lsoas') and not exists (
    select 1 from lsoas_printed_spans o where o.month_id = n.month_id and o.place_id = n.place_id
      and o.since <= c.older and coalesce(o.until, c.older + 1) > c.older)),
texts(family, month_id, key, keys, old_text, new_text, old_1, old_2, old_3, new_1, new_2, new_3) as materialized (
  select 'age_sex', t.month_id, p.age_band || ', ' || p.sex, 2, t.old_text, t.new_text,
    o.opt_outs, o.list_size, o.rate, n.opt_outs, n.list_size, n.rate
  from printed t join age_sex_spans o on o.month_id = t.month_id and o.place_id = t.place_id
    and o.since <= t.older and coalesce(o.until, t.older + 1) > t.older
  join age_sex_spans n on n.month_id = t.month_id and n.place_id = t.place_id
    and n.since <= t.newer and coalesce(n.until, t.newer + 1) > t.newer
  join age_sex_places p on p.place_id = t.place_id
  where t.family = 'age_sex'
  union all
  select 'practices', t.month_id, p.practice_code, 1, t.old_text, t.new_text,
    o.opt_outs, o.list_size, null, n.opt_outs, n.list_size, null
  from printed t join practices_spans o on o.month_id = t.month_id and o.place_id = t.place_id
    and o.since <= t.older and coalesce(o.until, t.older + 1) > t.older
  join practices_spans n on n.month_id = t.month_id and n.place_id = t.place_id
    and n.since <= t.newer and coalesce(n.until, t.newer + 1) > t.newer
  join practices_places p on p.place_id = t.place_id
  where t.family = 'practices'
  union all
  select 'lsoas', t.month_id, p.lsoa_code, 1, t.old_text, t.new_text,
    o.opt_outs, null, null, n.opt_outs, null, null
  from printed t join lsoas_spans o on o.month_id = t.month_id and o.place_id = t.place_id
    and o.since <= t.older and coalesce(o.until, t.older + 1) > t.older
  join lsoas_spans n on n.month_id = t.month_id and n.place_id = t.place_id
    and n.since <= t.newer and coalesce(n.until, t.newer + 1) > t.newer
  join lsoas_places p on p.place_id = t.place_id
  where t.family = 'lsoas'),
cells as (
  select t.family, t.month_id, t.key, m.measure,
    case m.at when 1 then old_1 when 2 then old_2 else old_3 end as old_value,
    case m.at when 1 then new_1 when 2 then new_2 else new_3 end as new_value,
    json_extract(t.old_text, '$[' || (t.keys + m.at - 1) || ']') as old_text,
    json_extract(t.new_text, '$[' || (t.keys + m.at - 1) || ']') as new_text
  from texts t cross join measures m on m.at <= case t.family when 'age_sex' then 3 when 'practices' then 2 else 1 end),
reworded as (
  select family, month_id, key, measure, coalesce(old_text, cast(old_value as text)) as old,
    coalesce(new_text, cast(new_value as text)) as new
  from cells where old_value is new_value),
relabelled(family, month_id, place_id, older, newer) as (
  select 'practices', c.month_id, o.place_id, k.older, k.newer
  from known k
  cross join practices_label_spans o indexed by practices_relabelled
    on o.until > k.older and o.until <= k.newer and o.since <= k.older and o.month_id = 0
  cross join pairs c on c.family = 'practices'
  where trim(:family) in ('', 'practices')
  union all
  select 'practices', x.month_id, x.place_id, k.older, k.newer
  from known k cross join (
    select c.month_id, o.place_id
    from known k cross join practices_label_spans o indexed by practices_relabelled
    on o.until > k.older and o.until <= k.newer and o.since <= k.older
    join pairs c on c.family = 'practices' and c.month_id = o.month_id
    union
    select c.month_id, n.place_id
    from pairs c cross join practices_label_spans n on n.month_id = c.month_id and n.since > c.older
      and n.since <= c.newer and coalesce(n.until, c.newer + 1) > c.newer
    where c.family = 'practices') x
  where trim(:family) in ('', 'practices') and not exists (
    select 1 from practices_label_spans o where o.month_id = 0 and o.place_id = x.place_id
      and +o.until > k.older and +o.until <= k.newer and o.since <= k.older)
  union all
  select 'lsoas', c.month_id, o.place_id, k.older, k.newer
  from known k
  cross join lsoas_label_spans o indexed by lsoas_relabelled
    on o.until > k.older and o.until <= k.newer and o.since <= k.older and o.month_id = 0
  cross join pairs c on c.family = 'lsoas'
  where trim(:family) in ('', 'lsoas')
  union all
  select 'lsoas', x.month_id, x.place_id, k.older, k.newer
  from known k cross join (
    select c.month_id, o.place_id
    from known k cross join lsoas_label_spans o indexed by lsoas_relabelled
    on o.until > k.older and o.until <= k.newer and o.since <= k.older
    join pairs c on c.family = 'lsoas' and c.month_id = o.month_id
    union
    select c.month_id, n.place_id
    from pairs c cross join lsoas_label_spans n on n.month_id = c.month_id and n.since > c.older
      and n.since <= c.newer and coalesce(n.until, c.newer + 1) > c.newer
    where c.family = 'lsoas') x
  where trim(:family) in ('', 'lsoas') and not exists (
    select 1 from lsoas_label_spans o where o.month_id = 0 and o.place_id = x.place_id
      and +o.until > k.older and +o.until <= k.newer and o.since <= k.older)),
labelled(family, month_id, key, old_label, new_label) as (
  select 'practices', r.month_id, p.practice_code,
    coalesce(
      (select l.label_id from practices_label_spans l where l.month_id = r.month_id and l.place_id = r.place_id
        and l.since <= r.older and coalesce(l.until, r.older + 1) > r.older),
      (select l.label_id from practices_label_spans l where l.month_id = 0 and l.place_id = r.place_id
        and l.since <= r.older and coalesce(l.until, r.older + 1) > r.older)),
    coalesce(
      (select l.label_id from practices_label_spans l where l.month_id = r.month_id and l.place_id = r.place_id
        and l.since <= r.newer and coalesce(l.until, r.newer + 1) > r.newer),
      (select l.label_id from practices_label_spans l where l.month_id = 0 and l.place_id = r.place_id
        and l.since <= r.newer and coalesce(l.until, r.newer + 1) > r.newer))
  from relabelled r cross join practices_places p on p.place_id = r.place_id where r.family = 'practices'
    and exists (select 1 from practices_spans o where o.month_id = r.month_id and o.place_id = r.place_id
      and o.since <= r.older and coalesce(o.until, r.older + 1) > r.older)
    and exists (select 1 from practices_spans n where n.month_id = r.month_id and n.place_id = r.place_id
      and n.since <= r.newer and coalesce(n.until, r.newer + 1) > r.newer)
  union all
  select 'lsoas', r.month_id, p.lsoa_code,
    coalesce(
      (select l.label_id from lsoas_label_spans l where l.month_id = r.month_id and l.place_id = r.place_id
        and l.since <= r.older and coalesce(l.until, r.older + 1) > r.older),
      (select l.label_id from lsoas_label_spans l where l.month_id = 0 and l.place_id = r.place_id
        and l.since <= r.older and coalesce(l.until, r.older + 1) > r.older)),
    coalesce(
      (select l.label_id from lsoas_label_spans l where l.month_id = r.month_id and l.place_id = r.place_id
        and l.since <= r.newer and coalesce(l.until, r.newer + 1) > r.newer),
      (select l.label_id from lsoas_label_spans l where l.month_id = 0 and l.place_id = r.place_id
        and l.since <= r.newer and coalesce(l.until, r.newer + 1) > r.newer))
  from relabelled r cross join lsoas_places p on p.place_id = r.place_id where r.family = 'lsoas'
    and exists (select 1 from lsoas_spans o where o.month_id = r.month_id and o.place_id = r.place_id
      and o.since <= r.older and coalesce(o.until, r.older + 1) > r.older)
    and exists (select 1 from lsoas_spans n where n.month_id = r.month_id and n.place_id = r.place_id
      and n.since <= r.newer and coalesce(n.until, r.newer + 1) > r.newer)),
places_renamed as (
  select x.family, x.month_id, x.key,
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
  where lo.label_id <> ln.label_id),
areas_renamed as (
  select 'areas' as family, o.month_id, p.area_kind || ' ' || p.area_code as key,
    substr(iif(lo.name <> ln.name, ', name', '') || iif(lo.ons_code <> ln.ons_code, ', ons_code', ''), 3) as field,
    substr(iif(lo.name <> ln.name, '; ' || lo.name, '') || iif(lo.ons_code <> ln.ons_code, '; ' || lo.ons_code, ''), 3) as old,
    substr(iif(lo.name <> ln.name, '; ' || ln.name, '') || iif(lo.ons_code <> ln.ons_code, '; ' || ln.ons_code, ''), 3) as new
  from known k cross join areas_label_spans o indexed by areas_relabelled
    on o.until > k.older and o.until <= k.newer and o.since <= k.older
  cross join areas_places p on p.place_id = o.place_id
  join pairs c on c.family = iif(p.area_kind = 'local_authority', 'lsoas', 'practices') and c.month_id = o.month_id
  join areas_label_spans n on n.month_id = o.month_id and n.place_id = o.place_id
    and n.since <= k.newer and coalesce(n.until, k.newer + 1) > k.newer
  join area_labels lo on lo.label_id = o.label_id
  join area_labels ln on ln.label_id = n.label_id
  where trim(:family) in ('', 'areas') and o.label_id <> n.label_id),
keys_reworded as (
  select t.family, t.month_id, t.key, iif(m.at = 1, 'age_band', 'sex') as field,
    json_extract(t.old_text, '$[' || (m.at - 1) || ']') as old, json_extract(t.new_text, '$[' || (m.at - 1) || ']') as new
  from texts t cross join measures m on m.at <= 2
  where t.family = 'age_sex' and t.old_text is not null and t.new_text is not null),
differences(class, family, month_id, key, field, old, new) as (
  select 'value', e.family, e.month_id, e.key, m.measure,
    case m.at when 1 then old_1 when 2 then old_2 else old_3 end,
    case m.at when 1 then new_1 when 2 then new_2 else new_3 end
  from ended e cross join measures m
  where e.still is not null and case m.at when 1 then old_1 is not new_1 when 2 then old_2 is not new_2 else old_3 is not new_3 end
  union all select 'dropped', family, month_id, key, null, null, null from ended where still is null
  union all select 'added', family, month_id, key, null, null, null from come
  union all select 'text', family, month_id, key, measure, old, new from reworded where old is not new
  union all select 'label', family, month_id, key, field, old, new from keys_reworded where old is not new
  union all select 'label', family, month_id, key, field, old, new from places_renamed
  union all select 'label', family, month_id, key, field, old, new from areas_renamed),
spanned as (
  select c.family, min(m.month) as first_month, max(m.month) as last_month, c.older, c.newer
  from pairs c join months m on m.month_id = c.month_id group by c.family),
crossed(family, area_kind, titles) as materialized (
  select t.family, t.area_kind, (select group_concat(title, '; ') from (
    select b.title from breaks_by_family b
    where b.family = t.family and (b.area_kind is null or b.area_kind = t.area_kind)
      and b.from_on <= iif(b.dated_by = 'release', vn.stated_on, s.last_month)
      and b.to_on > iif(b.dated_by = 'release', vo.stated_on, s.first_month)
    order by b.from_on, b.break_id))
  from spanned s join vintages vo on vo.vintage = s.older join vintages vn on vn.vintage = s.newer
  join (select family, '' as area_kind, family as source from spanned
    union select 'areas', area_kind, iif(area_kind = 'local_authority', 'lsoas', 'practices') from areas_places) t
    on t.source = s.family)
select
  d.class,
  m.month,
  d.family,
  d.key,
  d.field,
  d.old as stated_before,
  d.new as stated_after,
  vo.label as release_before,
  vn.label as release_after,
  b.titles as breaks_in_range
from differences d
cross join months m on m.month_id = d.month_id
join known k
join vintages vo on vo.vintage = k.older
join vintages vn on vn.vintage = k.newer
left join crossed b on b.family = d.family and b.area_kind = iif(d.family = 'areas', substr(d.key, 1, instr(d.key, ' ') - 1), '')
