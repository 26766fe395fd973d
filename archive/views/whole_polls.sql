-- Polls that looked through their series: complete ones, and those that had an answer from every address, the series page understood,
-- and are called incomplete only because a file of a recent release was not there and is worth another look.
SELECT p.poll_id, p.series, p.started_at, p.next_due_at
FROM polls AS p
WHERE p.reason <> 'deposit' AND (
  p.outcome = 'complete'
  OR (p.outcome = 'incomplete' AND p.next_due_at > p.ended_at  -- one that was stopped is due when it ended
    AND EXISTS (
      SELECT 1 FROM looks AS s CROSS JOIN pages AS q ON q.sha256 = s.sha256 AND q.address = s.address
      WHERE s.poll_id = p.poll_id AND s.purpose = 'series_page' AND s.answer = 'present' AND q.unread_because IS NULL)
    AND NOT EXISTS (
      SELECT 1 FROM looks AS l
      WHERE l.poll_id = p.poll_id
        AND l.capture_id = (SELECT max(m.capture_id) FROM looks AS m WHERE m.poll_id = l.poll_id AND m.address = l.address)
        AND (l.answer = 'no answer' OR (l.answer = 'present' AND l.purpose <> 'file'
          AND NOT EXISTS (SELECT 1 FROM page_looks AS k WHERE k.capture_id = l.capture_id)))))
)
