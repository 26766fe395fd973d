-- Times between a poll that looked through its series and the next such poll that were longer than the schedule then in force allows,
-- or may yet become so. A poll is late two hours after it was due. until_at is empty where none has begun since.
WITH whole AS (
  SELECT series, poll_id, next_due_at AS since_at, '+2 hours' AS grace,
    lead(started_at) OVER (PARTITION BY series ORDER BY poll_id) AS until_at
  FROM whole_polls
  UNION ALL
  SELECT p.series, 0, min(p.started_at), '+0 hours', (SELECT min(w.started_at) FROM whole_polls AS w WHERE w.series = p.series)
  FROM polls AS p WHERE p.reason <> 'deposit' GROUP BY p.series
)
SELECT series, poll_id AS after_poll_id, since_at, until_at, strftime('%Y-%m-%dT%H:%M:%f', since_at, grace) AS late_from_at
FROM whole
WHERE since_at IS NOT NULL AND (until_at IS NULL OR until_at > strftime('%Y-%m-%dT%H:%M:%f', since_at, grace))
  AND NOT (poll_id = 0 AND since_at IS until_at)
