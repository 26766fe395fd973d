-- Every distinct statement, with the vintages between which it was made{of_whom}.
SELECT
  m.{day},
{keys_and_since}
{measures_and_reasons}
FROM {family}_spans AS s
JOIN {periods} AS m ON m.{period} = s.{period}{join_place}{only_these}
