-- What the first vintage that covered each cell stated{of_whom}.
{statements}
{and_where} s.since = (
    SELECT min(f.since) FROM {family}_spans AS f WHERE f.{period} = s.{period} AND f.place_id = s.place_id
  )
