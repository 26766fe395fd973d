with
given as (select coalesce(date(nullif(trim(:day), '')), date('now')) as day),
days as (
  -- London's clock is an hour ahead of UTC on midnights after the last Sunday of March, up to the last Sunday of October.
  select day, date(day, '+1 day') as next_day,
    day > date(substr(day, 1, 4) || '-03-25', 'weekday 0') and day <= date(substr(day, 1, 4) || '-10-25', 'weekday 0') as summer,
    date(day, '+1 day') > date(substr(date(day, '+1 day'), 1, 4) || '-03-25', 'weekday 0')
      and date(day, '+1 day') <= date(substr(date(day, '+1 day'), 1, 4) || '-10-25', 'weekday 0') as next_summer
  from given),
asked as (
  select day,
    strftime('%Y-%m-%dT%H:%M:%S', day, case when summer then '-1 hour' else '+0 hours' end) || '.000000Z' as began_at,
    strftime('%Y-%m-%dT%H:%M:%S', next_day, case when next_summer then '-1 hour' else '+0 hours' end) || '.000000Z' as ended_at
  from days),
around as (
  select l.series, l.address, max(l.purpose) as purpose, max(l.publication) as publication, max(l.file_name) as file_name,
    max(l.capture_id) filter (where l.completed_at <= asked.ended_at) as before_id,
    min(l.capture_id) filter (where l.completed_at > asked.ended_at) as after_id,
    min(l.completed_at) filter (where l.answer = 'present') as first_seen_at,
    max(l.requested_at) filter (where l.answer = 'present' and l.completed_at <= asked.ended_at) as last_seen_at
  from asked cross join looks l where l.answer <> 'no answer' group by l.series, l.address),
blind as materialized (select series, since_at, coalesce(until_at, '9999') as until_at from blind_periods),
judged as (
  select a.*, b.answer, b.sha256, b.requested_at as before_at, n.completed_at as after_at, n.answer as answer_after,
    b.answer = n.answer and b.content_sha256 is n.content_sha256 as same_after, b.completed_at > asked.began_at as seen_that_day,
    exists (select 1 from blind x where x.series = a.series and x.since_at <= asked.ended_at and x.until_at > asked.ended_at)
      as is_blind,
    exists (select 1 from blind x where x.series = a.series and x.since_at < n.completed_at and x.until_at > b.requested_at)
      as is_blind_between,
    asked.day
  from asked, around a
  left join looks b on b.capture_id = a.before_id
  left join looks n on n.capture_id = a.after_id),
ours as (
  select j.*, case
    when before_id is null or (answer = 'absent' and last_seen_at is null) then 'not yet seen'
    when not seen_that_day and (is_blind or (after_id is not null and not same_after))
      then 'not known: nobody looked between ' || before_at || ' and ' || coalesce(after_at, 'today')
    when answer = 'absent' then 'gone'
    when same_after and not is_blind_between then 'present'
    else 'present, as far as looked' end as state
  from judged j),
handed_in as (
  select c.series, coalesce(c.publication, '-') as publication, c.file_name, c.sha256, min(c.published_on) as published_on,
    max(c.origin) as origin, min(c.requested_at) as handed_in_at
  from asked, captures c
  where c.way = 'deposit' and coalesce(c.published_on, '') <= asked.day
    and not exists (select 1 from captures h where h.sha256 = c.sha256 and h.way = 'http')
  group by c.series, 2, c.file_name, c.sha256),
answers as (
  select
    coalesce(r.title, o.publication, 'The series page') as release,
    case o.purpose when 'file' then 'file' else 'page' end as what,
    coalesce(o.file_name, '') as file_name,
    o.state, o.first_seen_at, o.last_seen_at as last_seen_by_then_at, o.after_at as next_look_at,
    case when o.after_id is null then 'no look since' when o.same_after then 'the same' when o.answer_after = 'absent' then 'gone'
      when o.answer is null or o.answer = 'absent' then 'there' when o.purpose = 'file' then 'other bytes' else 'other words' end as next_look_found,
    case
      when o.state <> 'not yet seen' then 'our own captures'
      when r.published_on <= o.day then 'not observed by us: the publisher dates this release ' || r.published_on
      else 'our own captures' end as how_we_know,
    case when o.state <> 'not yet seen' then o.sha256 end as sha256, o.address, r.published_on as released_on
  from ours o left join releases r on r.series = o.series and r.publication = coalesce(o.publication, '-')
  union all
  select coalesce(r.title, d.publication), 'file', d.file_name, 'not yet seen', null, null, null, 'never looked at by us',
    'handed in ' || substr(d.handed_in_at, 1, 10) || ', not observed by us: ' || d.origin
      || coalesce('; said to be published on ' || d.published_on, ''), d.sha256, null, d.published_on
  from handed_in d left join releases r on r.series = d.series and r.publication = d.publication)
select release, what, file_name, state, first_seen_at, last_seen_by_then_at, next_look_at, next_look_found, how_we_know, sha256, address
from answers order by state = 'not yet seen', released_on desc, release, what desc, file_name, first_seen_at
