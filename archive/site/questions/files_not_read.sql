select
  file_name,
  name as link_words,
  bytes,
  state,
  unread_because as why,
  first_captured_at,
  sha256,
  release_title as release
from unread_files
order by state desc, first_captured_at desc, file_id
