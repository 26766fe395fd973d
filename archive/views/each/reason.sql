  CASE WHEN s.{measure} IS NULL THEN (
    SELECT json_extract(x.reasons, '$.{measure}') FROM {family}_missing_spans AS x
    WHERE x.{period} = s.{period} AND x.place_id = s.place_id AND x.since <= s.since
      AND (x.until IS NULL OR x.until > s.since)
  ) END AS {measure}_reason
