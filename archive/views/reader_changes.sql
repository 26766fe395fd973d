-- What a change of our own reader or schemas made of bytes that we held already. Never a restatement of the publisher's.
SELECT
  f.found_at AS changed_at,
  f.series,
  f.subject AS file_name,
  f.sha256,
  f.place AS family,
  CAST(f.found AS INTEGER) AS cells,
  f.found AS what_changed,
  f.expected AS read_before_by,
  f.advice AS read_now_by
FROM findings AS f
WHERE f.code = 'reader.changed'
