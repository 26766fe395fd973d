select
  c.dispute,
  c.topic,
  c.in_plain_words,
  c.words,
  iif(c.is_quotation, 'quoted', 'in our words') as wording,
  c.known_from,
  c.source,
  c.source_address,
  c.stated_on
from caveats c
where c.dispute is not null
order by c.dispute, c.stated_on is null, c.stated_on, c.caveat_id
