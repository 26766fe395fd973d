-- Files that are kept but not read, and why. A file leaves this list when a schema for it exists and `optout reread` has run.
SELECT
  f.file_id, f.file_name, f.name, r.series, r.publication, r.title AS release_title, f.sha256, f.bytes, f.state, f.unread_because,
  f.first_captured_at
FROM files AS f
JOIN releases AS r ON r.release_id = f.release_id
WHERE f.state <> 'read'
