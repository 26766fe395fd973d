select
  f.file_name,
  f.name as link_words,
  f.bytes,
  f.state,
  f.unread_because,
  f.family,
  f.rows as data_rows,
  f.first_captured_at,
  f.last_confirmed_on,
  f.sha256,
  r.title as release,
  r.published_on
from releases r
join files f on f.release_id = r.release_id
where trim(:release) = '' or trim(:release) collate nocase in (r.publication, r.title)
order by r.published_on desc, r.release_id desc, f.file_name, f.first_captured_at
