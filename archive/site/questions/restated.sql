select
  x.month,
  x.family,
  x.key,
  x.measure,
  x.old as stated_before,
  x.new as stated_after,
  x.new - x.old as difference,
  ro.title as release_before,
  vo.stated_on as published_before,
  rn.title as release_after,
  vn.stated_on as published_after
from restatements x
join vintages vo on vo.vintage = x.old_vintage
join releases ro on ro.release_id = vo.release_id
join vintages vn on vn.vintage = x.new_vintage
join releases rn on rn.release_id = vn.release_id
where (trim(:month) = '' or substr(x.month, 1, 7) = substr(trim(:month), 1, 7))
  and (trim(:family) = '' or x.family = trim(:family))
  and (trim(:key) = '' or instr(lower(x.key), lower(trim(:key))))
order by x.new_vintage desc, x.month desc, x.family, x.key, x.measure
