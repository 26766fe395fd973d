-- Which area became which, by the codes that `areas` goes by: for every change of the register of which both are known.
-- is_whole: the old areas make up the new one wholly, so that they may stand for it. A boundary that moved, or a split, is not.
WITH coded AS (
  SELECT
    *,
    coalesce(old_kind, area_kind) AS kind_before,
    CASE WHEN area_kind IN ('ccg', 'local_authority') THEN new_ons_code ELSE new_code END AS code_after,
    CASE WHEN coalesce(old_kind, area_kind) IN ('ccg', 'local_authority') THEN old_ons_code ELSE old_code END AS code_before,
    substr(effective_on || '-01-01', 1, 10) AS from_on,
    CASE length(effective_on) WHEN 4 THEN effective_on || '-12-31' ELSE substr(effective_on || '-01', 1, 10) END AS to_on
  FROM area_changes
)
SELECT
  kind_before AS old_kind,
  code_before AS old_code,
  area_kind AS new_kind,
  code_after AS new_code,
  old_name,
  new_name,
  old_ons_code,
  new_ons_code,
  from_on,
  to_on,
  change IN ('name', 'ons_code', 'merger') AS is_whole,
  change,
  change_id
FROM coded
WHERE code_before IS NOT NULL AND code_after IS NOT NULL AND (kind_before = 'local_authority') = (area_kind = 'local_authority')
  AND NOT (kind_before = area_kind AND code_before = code_after AND change IN ('name', 'ons_code'))
