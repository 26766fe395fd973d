-- Figures printed elsewhere beside what this archive holds: the newest statement, or the difference of two of them.
-- Weekly figures are set beside the dashboard export alone, by its own groups: an age band, a sex, an area, England or no area.
WITH printed AS MATERIALIZED (
  SELECT *,
    CASE
      WHEN area_kind = 'england' AND age_band <> 'all' THEN 'age_band'
      WHEN area_kind = 'england' AND sex <> 'all' THEN 'sex'
      WHEN area_code = 'Unallocated' THEN 'unallocated'
      ELSE area_kind
    END AS group_kind,
    CASE WHEN area_kind <> 'england' THEN area_code WHEN age_band <> 'all' THEN age_band WHEN sex <> 'all' THEN sex ELSE area_code END
      AS group_code
  FROM published_figures
), held AS MATERIALIZED (
  SELECT
    p.figure_id,
    CASE p.family
      WHEN 'age_sex' THEN (SELECT x.opt_outs FROM age_sex_latest AS x
        WHERE x.month = p.to_on AND x.age_band = p.age_band AND x.sex = p.sex)
      WHEN 'deceased' THEN (SELECT x.opt_outs FROM deceased_latest AS x WHERE x.month = p.to_on AND x.sex = p.sex)
      WHEN 'areas' THEN (SELECT x.opt_outs FROM areas_latest AS x
        WHERE x.month = p.to_on AND x.area_kind = p.area_kind AND x.area_code = p.area_code)
      WHEN 'weekly' THEN (SELECT x.opt_outs FROM weekly_latest AS x
        WHERE x.week = p.to_on AND x.group_kind = p.group_kind AND x.code = p.group_code)
    END AS after,
    CASE p.family
      WHEN 'age_sex' THEN (SELECT x.opt_outs FROM age_sex_latest AS x
        WHERE x.month = p.from_on AND x.age_band = p.age_band AND x.sex = p.sex)
      WHEN 'areas' THEN (SELECT x.opt_outs FROM areas_latest AS x
        WHERE x.month = p.from_on AND x.area_kind = p.area_kind AND x.area_code = p.area_code)
      WHEN 'weekly' THEN (SELECT x.opt_outs FROM weekly_latest AS x
        WHERE x.week = p.from_on AND x.group_kind = p.group_kind AND x.code = p.group_code)
    END AS before,
    CASE p.family
      WHEN 'age_sex' THEN (SELECT x.list_size FROM age_sex_latest AS x
        WHERE x.month = p.to_on AND x.age_band = p.age_band AND x.sex = p.sex)
      WHEN 'areas' THEN (SELECT x.list_size FROM areas_latest AS x
        WHERE x.month = p.to_on AND x.area_kind = p.area_kind AND x.area_code = p.area_code)
      WHEN 'weekly' THEN (SELECT x.population FROM weekly_latest AS x
        WHERE x.week = p.to_on AND x.group_kind = p.group_kind AND x.code = p.group_code)
    END AS listed,
    CASE WHEN p.measure = 'growth_of_rate' AND p.family = 'weekly' THEN (SELECT x.population FROM weekly_latest AS x
        WHERE x.week = p.from_on AND x.group_kind = p.group_kind AND x.code = p.group_code)
    END AS listed_before,
    p.measure = 'opt_outs' AND (
      EXISTS (SELECT 1 FROM age_sex_statements AS x
        WHERE p.family = 'age_sex' AND x.month = p.to_on AND x.age_band = p.age_band AND x.sex = p.sex
          AND x.opt_outs = p.number)
      OR EXISTS (SELECT 1 FROM deceased_statements AS x
        WHERE p.family = 'deceased' AND x.month = p.to_on AND x.sex = p.sex AND x.opt_outs = p.number)
      OR EXISTS (SELECT 1 FROM areas_statements AS x
        WHERE p.family = 'areas' AND x.month = p.to_on AND x.area_kind = p.area_kind AND x.area_code = p.area_code
          AND x.opt_outs = p.number)
      OR EXISTS (SELECT 1 FROM weekly_statements AS x
        WHERE p.family = 'weekly' AND x.week = p.to_on AND x.group_kind = p.group_kind AND x.code = p.group_code
          AND x.opt_outs = p.number)
    ) AS stated_once
  FROM printed AS p
), found AS MATERIALIZED (
  SELECT
    h.figure_id,
    h.stated_once,
    CASE p.measure
      WHEN 'opt_outs' THEN h.after
      WHEN 'list_size' THEN h.listed
      WHEN 'rate' THEN 100.0 * h.after / h.listed
      WHEN 'net_change' THEN h.after - h.before
      WHEN 'growth_of_rate' THEN 100.0 * ((1.0 * h.after / h.listed) / (1.0 * h.before / h.listed_before) - 1)
      WHEN 'share_of_total' THEN 100.0 * (h.after - h.before) / h.after
      WHEN 'practices' THEN nullif((SELECT count(*) FROM practices_latest AS x
        WHERE x.month = p.to_on AND x.practice_code <> 'Unallocated'), 0)
      WHEN 'practices_without' THEN (SELECT sum(x.opt_outs IS NULL) FROM practices_latest AS x
        WHERE x.month = p.to_on AND x.practice_code <> 'Unallocated')
      WHEN 'months_covered' THEN (
        SELECT x.months FROM (
          SELECT count(*) AS months, min(m.month) AS first_month, max(m.month) AS last_month
          FROM coverage AS c JOIN months AS m ON m.month_id = c.month_id
          WHERE c.family = p.family GROUP BY c.vintage
        ) AS x WHERE x.first_month = p.from_on AND x.last_month = p.to_on)
    END AS held
  FROM held AS h
  JOIN published_figures AS p ON p.figure_id = h.figure_id
)
SELECT
  p.figure_id,
  p.figure,
  p.as_printed,
  p.unit,
  p.what,
  p.area_name,
  p.from_on,
  p.to_on,
  f.held,
  CASE
    WHEN p.family IS NULL THEN 'in no file'
    WHEN f.held IS NULL THEN 'not held'
    WHEN p.relation = 'more_than' AND f.held > p.number OR p.relation = 'fewer_than' AND f.held < p.number THEN 'agrees'
    WHEN p.relation IN ('equal', 'about') AND abs(f.held - p.number) <= p.step / 2.0 + 1e-9 THEN 'agrees'
    WHEN f.stated_once THEN 'agrees with an earlier statement'
    ELSE 'differs'
  END AS result,
  p.note,
  p.source,
  p.source_address,
  p.stated_on,
  p.known_from
FROM published_figures AS p
JOIN found AS f ON f.figure_id = p.figure_id
