-- Times in which nobody looked through a series: a poll was due and none began, or those that began could not look at everything.
-- Nothing is said to have stayed unchanged across one of these. until_at is empty while it is still so.
SELECT
  g.series, g.since_at, g.until_at,
  count(p.poll_id) AS polls_that_could_not_look,
  CASE count(p.poll_id)
    WHEN 0 THEN 'no poll began'
    ELSE 'polls began, and could not look at everything: ' || coalesce(max(p.summary), 'no reason was recorded')
  END AS because
FROM poll_gaps AS g
LEFT JOIN polls AS p ON p.series = g.series AND p.reason <> 'deposit' AND p.poll_id > g.after_poll_id
  AND p.started_at >= g.since_at AND (g.until_at IS NULL OR p.started_at < g.until_at)
WHERE g.until_at IS NOT NULL OR g.late_from_at < strftime('%Y-%m-%dT%H:%M:%f', 'now')
GROUP BY g.series, g.after_poll_id, g.since_at, g.until_at
