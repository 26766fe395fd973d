select
  coalesce(c.result, 'not checked') as result,
  c.severity,
  c.month,
  c.family,
  c.rule,
  coalesce(c.sentence, 'No check has been made of this edition.') as in_words,
  c.expected,
  c.found,
  c.difference,
  r.title as release,
  v.stated_on as published_on,
  v.vintage
from vintages v
join releases r on r.release_id = v.release_id
left join checks c on c.vintage = v.vintage
where (trim(:result) = '' or coalesce(c.result, 'not checked') = lower(trim(:result)))
  and (trim(:rule) = '' or c.rule = lower(trim(:rule)))
  and (trim(:month) = '' or substr(c.month, 1, 7) = substr(trim(:month), 1, 7))
order by coalesce(c.result, 'not checked') = 'ok', c.result <> 'fail', v.vintage desc, c.month desc, c.rule, c.parts
