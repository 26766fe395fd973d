with recursive
asked as (select coalesce(nullif(trim(:area), ''), 'England') as words),
matched(kind, code) as (
  select kind, code from places, asked
  where kind <> 'practice' and (
    words collate nocase in (code, ons_code, name)
    or (kind, code) in (select area_kind, area_code from area_names, asked where name = words collate nocase))
  union
  select new_kind, new_code from area_successions, asked where words collate nocase in (new_code, new_ons_code, new_name)
  union
  select old_kind, old_code from area_successions, asked where words collate nocase in (old_code, old_ons_code, old_name)),
moves as materialized (
  select * from area_successions where (new_kind, new_code) <> (old_kind, old_code) and from_on <= date('now')),
forward(kind, code) as (
  select kind, code from matched
  union
  select m.new_kind, m.new_code from forward f join moves m on m.old_kind = f.kind and m.old_code = f.code),
today as (
  select f.kind, f.code from forward f
  where not exists (select 1 from moves m where m.old_kind = f.kind and m.old_code = f.code)),
tree(root_kind, root, kind, code, path, is_whole, change_id, name, depth) as (
  select kind, code, kind, code, '/' || kind || ' ' || code || '/', 1, null, null, 0 from today
  union
  select t.root_kind, t.root, m.old_kind, m.old_code, t.path || m.old_kind || ' ' || m.old_code || '/', m.is_whole, m.change_id,
    m.old_name, t.depth + 1
  from tree t join moves m on m.new_kind = t.kind and m.new_code = t.code
  where t.is_whole and t.depth < 20 and instr(t.path, '/' || m.old_kind || ' ' || m.old_code || '/') = 0),
lineage as materialized (select * from tree),
redrawn as materialized (
  select * from area_successions where (new_kind, new_code) = (old_kind, old_code)),
said as materialized (
  select l.root_kind, l.root, l.path, l.kind, l.code, s.month, s.opt_outs, s.list_size, s.opt_outs_reason, s.list_size_reason,
    s.since_vintage, iif(l.is_whole, (
      select x.change_id from redrawn x
      where x.new_kind = l.kind and x.new_code = l.code and iif(n.ons_code in (x.old_ons_code, x.new_ons_code),
        n.ons_code = x.old_ons_code, s.month < x.to_on)
      order by x.to_on desc limit 1), l.change_id) as redrawn_by
  from lineage l
  join areas_latest s on s.area_kind = l.kind and s.area_code = l.code
  left join areas_places p on p.area_kind = l.kind and p.area_code = l.code
  left join months m on m.month = s.month
  left join areas_label_spans a on a.month_id = m.month_id and a.place_id = p.place_id and a.until is null
  left join area_labels n on n.label_id = a.label_id),
used as materialized (
  select s.* from said s
  where s.redrawn_by is null and not exists (
    select 1 from said o
    where o.root_kind = s.root_kind and o.root = s.root and o.month = s.month and o.redrawn_by is null
      and o.path <> s.path and substr(s.path, 1, length(o.path)) = o.path)),
leaves as materialized (
  select * from lineage l
  where not exists (
    select 1 from lineage c
    where c.root_kind = l.root_kind and c.root = l.root and c.depth = l.depth + 1 and substr(c.path, 1, length(l.path)) = l.path)),
rows_of as materialized (select distinct root_kind, root, month from said),
lacking as materialized (
  select r.root_kind, r.root, r.month,
    max(coalesce(s.redrawn_by, iif(l.is_whole, null, l.change_id))) as redrawn_by,
    group_concat(iif(l.depth = 0, null, coalesce(l.name || ' (' || l.code || ')', l.code)), ', ') as parts
  from rows_of r
  join leaves l on l.root_kind = r.root_kind and l.root = r.root
  left join said s on s.root_kind = l.root_kind and s.root = l.root and s.path = l.path and s.month = r.month
  where not exists (
    select 1 from used u
    where u.root_kind = r.root_kind and u.root = r.root and u.month = r.month and substr(l.path, 1, length(u.path)) = u.path)
  group by r.root_kind, r.root, r.month),
told as materialized (
  select r.root_kind, r.root, r.month,
    iif(k.root is not null, null, iif(max(u.path = '/' || r.root_kind || ' ' || r.root || '/'), 'as_published', 'remapped')) as boundaries,
    iif(k.root is null and count(u.opt_outs) = count(*), sum(u.opt_outs), null) as opt_outs,
    iif(k.root is null and count(u.list_size) = count(*), sum(u.list_size), null) as list_size,
    iif(k.root is null, max(coalesce(u.opt_outs_reason, u.list_size_reason)),
      iif(k.redrawn_by is null, 'part_not_stated', 'boundary_changed')) as why_empty,
    iif(k.root is null, group_concat(u.code, ', '), null) as from_codes,
    iif(k.root is null, max(u.since_vintage), null) as newest,
    iif(k.root is null, min(u.since_vintage), null) as oldest,
    k.redrawn_by, k.parts
  from rows_of r
  left join used u on u.root_kind = r.root_kind and u.root = r.root and u.month = r.month
  left join lacking k on k.root_kind = r.root_kind and k.root = r.root and k.month = r.month
  group by r.root_kind, r.root, r.month),
steps as (
  select t.*, vo.stated_on as stated_from, vn.stated_on as stated_to, ro.title as oldest_release, rn.title as newest_release,
    lag(t.opt_outs) over above as opt_outs_above, lag(t.month) over above as month_above,
    lag(vo.stated_on) over above as from_above, lag(vn.stated_on) over above as to_above
  from told t
  left join vintages vo on vo.vintage = t.oldest left join vintages vn on vn.vintage = t.newest
  left join releases ro on ro.release_id = vo.release_id left join releases rn on rn.release_id = vn.release_id
  window above as (partition by t.root_kind, t.root order by t.month)),
crossed_by(root_kind, root, month, change_id, boundaries) as materialized (
  select distinct u.root_kind, u.root, u.month, l.change_id, 'remapped'
  from used u join lineage l on l.root_kind = u.root_kind and l.root = u.root and l.depth > 0
    and substr(u.path, 1, length(l.path)) = l.path
  union
  select root_kind, root, month, redrawn_by, null from lacking where redrawn_by is not null)
select
  t.month,
  t.opt_outs,
  t.opt_outs - t.opt_outs_above as change_since_row_above,
  t.list_size,
  round(100.0 * t.opt_outs / t.list_size, 2) as percent_of_list,
  t.boundaries,
  t.from_codes,
  t.why_empty,
  case
    when t.why_empty = 'boundary_changed' then
      'Another boundary then: ' || (select what_changed from area_changes where change_id = t.redrawn_by) || ' Not re-mapped.'
    when t.why_empty = 'part_not_stated' then 'Not stated: ' || coalesce(t.parts, 'this area') || '. Nothing is put in its place.'
    when t.boundaries = 'remapped' then 'The sum of what is stated for the areas that make it up wholly.'
    else (
      select 'As published; whether it is the same area is not known, since codes are missing in the register: '
        || group_concat(c.effective_on || ' ' || c.what_changed, ' ')
      from area_changes c
      where c.area_kind = t.root_kind and c.change in ('boundary', 'merger', 'split') and coalesce(c.new_code, c.new_ons_code) is null
        and c.effective_on > t.month and c.effective_on <= date('now'))
  end as in_words,
  (select group_concat(words, '; ') from (
    select distinct c.effective_on || ' ' || c.change || ': ' || c.what_changed as words
    from crossed_by x join area_changes c on c.change_id = x.change_id
    where x.root_kind = t.root_kind and x.root = t.root and x.month = t.month
      and x.boundaries is t.boundaries order by 1)) as changes,
  (select group_concat(how_sure, ' ') from (
    select distinct c.how_sure from crossed_by x join area_changes c on c.change_id = x.change_id
    where x.root_kind = t.root_kind and x.root = t.root and x.month = t.month
      and x.boundaries is t.boundaries order by 1)) as how_sure,
  (select group_concat(source, '; ') from (
    select distinct c.source from crossed_by x join area_changes c on c.change_id = x.change_id
    where x.root_kind = t.root_kind and x.root = t.root and x.month = t.month
      and x.boundaries is t.boundaries order by 1)) as source_of_change,
  coalesce(p.name, (select m.new_name from moves m where m.new_kind = t.root_kind and m.new_code = t.root limit 1)) as area,
  replace(t.root_kind, '_', ' ') as kind,
  t.root as area_code,
  iif(t.root_kind = 'local_authority', 'people who live there', 'people registered with a GP practice there') as counted,
  iif(t.oldest = t.newest, t.newest_release, t.oldest_release || ' to ' || t.newest_release) as release,
  t.stated_to as published_on,
  (select group_concat(title, '; ') from (
    select distinct b.title, b.from_on, b.break_id from breaks_by_family b
    where b.family = 'areas'
      and (b.area_kind is null or b.area_kind in (select l.kind from lineage l where l.root_kind = t.root_kind and l.root = t.root))
      and b.from_on <= iif(b.dated_by = 'release', max(t.to_above, t.stated_to), t.month)
      and b.to_on > iif(b.dated_by = 'release', min(t.from_above, t.stated_from), t.month_above)
    order by b.from_on, b.break_id)) as breaks_in_range
from steps t
left join places p on p.kind = t.root_kind and p.code = t.root
order by t.root_kind, t.root, t.month
