-- The tables of the reading copy, optouts.db. All of it is derived from archive.db and can be made anew at any time.
--
-- Figures are kept as spans of vintages. A row (month_id, place_id, since, until, value) says: every vintage from `since`
-- up to, and not including, `until` that covers this month states this value (until is null while it is still stated).
-- Vintages are numbered 1, 2, 3 … in the order the publisher stated them, whatever order we got the files in.
-- Integer keys and clustering by month keep 48 full releases near 2 % of all rows of all releases (DECISIONS.md).

CREATE TABLE made_with (
  software TEXT NOT NULL,
  tables_sha256 TEXT NOT NULL
) STRICT;

-- What is still to be made anew from what is loaded; written with the load, so that a power cut in between is made good.

CREATE TABLE unfinished (
  what TEXT PRIMARY KEY
) STRICT;

-- What was captured, without the bytes: a copy of the evidence, row for row.

CREATE TABLE series (
  series TEXT PRIMARY KEY,
  title TEXT NOT NULL,
  publisher TEXT NOT NULL,
  licence TEXT NOT NULL,
  licence_url TEXT NOT NULL,
  seed TEXT NOT NULL,
  schedule TEXT NOT NULL,
  robots_exception TEXT,
  made_up INTEGER NOT NULL CHECK (made_up IN (0, 1))
) STRICT;

CREATE TABLE polls (
  poll_id INTEGER PRIMARY KEY,
  series TEXT NOT NULL,
  reason TEXT NOT NULL,
  started_at TEXT NOT NULL,
  ended_at TEXT,
  outcome TEXT,
  captures INTEGER,
  new_snapshots INTEGER,
  findings INTEGER,
  next_due_at TEXT,
  summary TEXT,
  software TEXT NOT NULL,
  definition_sha256 TEXT
) STRICT;

CREATE TABLE captures (
  capture_id INTEGER PRIMARY KEY,
  poll_id INTEGER NOT NULL REFERENCES polls(poll_id),
  series TEXT NOT NULL,
  way TEXT NOT NULL CHECK (way IN ('http', 'deposit')),
  outcome TEXT NOT NULL,
  purpose TEXT NOT NULL,
  publication TEXT,
  address TEXT NOT NULL,
  final_address TEXT,
  requested_at TEXT NOT NULL,
  completed_at TEXT NOT NULL,
  duration_ms INTEGER NOT NULL,
  status INTEGER,
  sha256 TEXT,
  bytes INTEGER,
  file_name TEXT,
  link_text TEXT,
  link_href TEXT,
  via_capture_id INTEGER,
  previous_capture_id INTEGER,
  complete_by TEXT NOT NULL,
  truncated TEXT,
  content_type TEXT,
  content_encoding TEXT,
  sniffed_type TEXT,
  declared_bytes INTEGER,
  wire_sha256 TEXT,
  wire_bytes INTEGER,
  etag TEXT,
  last_modified TEXT,
  server_date TEXT,
  representation_digest TEXT,
  remote_ip TEXT,
  http_version TEXT,
  tls_version TEXT,
  tls_cipher TEXT,
  tls_certificate_sha256 TEXT,
  redirects TEXT NOT NULL,
  checks TEXT NOT NULL,
  robots_sha256 TEXT,
  robots_rule TEXT,
  error_code TEXT,
  error_detail TEXT,
  origin TEXT,
  published_on TEXT,
  software TEXT NOT NULL
) STRICT;
CREATE INDEX captures_by_address ON captures (address, capture_id);
CREATE INDEX captures_by_sha256 ON captures (sha256) WHERE sha256 IS NOT NULL;

CREATE TABLE snapshots (
  sha256 TEXT PRIMARY KEY,
  bytes INTEGER NOT NULL,
  stored_bytes INTEGER NOT NULL,
  sha512 TEXT NOT NULL,
  sha1_b32 TEXT NOT NULL,
  first_capture_id INTEGER NOT NULL
) STRICT;

-- What was signed of the log, and what outside parties said about it; the log itself stays in the evidence.

CREATE TABLE checkpoints (
  size INTEGER PRIMARY KEY,
  root TEXT NOT NULL,
  note TEXT NOT NULL,
  made_at TEXT NOT NULL
) STRICT;

CREATE TABLE anchors (
  anchor_id INTEGER PRIMARY KEY,
  size INTEGER NOT NULL,
  kind TEXT NOT NULL,
  party TEXT NOT NULL,
  got_at TEXT NOT NULL
) STRICT;

-- What a person ruled about suspect files: annotations of the evidence, of which the newest about the same bytes holds.

CREATE TABLE quarantine_rulings (
  sha256 TEXT PRIMARY KEY,
  ruling TEXT NOT NULL CHECK (ruling IN ('released', 'refused')),
  reason TEXT NOT NULL,
  ruled_at TEXT NOT NULL,
  ruled_by TEXT NOT NULL,
  annotation_id INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE findings (
  finding_id INTEGER PRIMARY KEY,
  found_at TEXT NOT NULL,
  poll_id INTEGER,
  capture_id INTEGER,
  series TEXT,
  severity TEXT NOT NULL,
  code TEXT NOT NULL,
  subject TEXT NOT NULL,
  place TEXT NOT NULL,
  found TEXT NOT NULL,
  expected TEXT NOT NULL,
  advice TEXT NOT NULL,
  sha256 TEXT
) STRICT;

CREATE INDEX findings_by_subject ON findings (code, subject, place, finding_id);

-- What the captured pages say, read again from their bytes with today's reader.

CREATE TABLE pages (
  sha256 TEXT NOT NULL,
  address TEXT NOT NULL,
  kind TEXT NOT NULL,
  identity TEXT,
  title TEXT,
  date_text TEXT,
  published_on TEXT,
  date_range_text TEXT,
  period_from TEXT,
  period_to TEXT,
  last_edited_text TEXT,
  last_edited_at TEXT,
  summary TEXT,
  notices TEXT NOT NULL,
  publications TEXT NOT NULL,
  resources TEXT NOT NULL,
  unread_because TEXT,
  PRIMARY KEY (sha256, address)
) STRICT, WITHOUT ROWID;

-- Which layout a file's bytes have, as far as today's schemas know.

-- part is the sheet of a workbook, '' for a CSV file, and for what concerns a file as a whole.
CREATE TABLE layouts (
  sha256 TEXT NOT NULL,
  part TEXT NOT NULL,
  family TEXT,
  schema TEXT,
  unread_because TEXT,
  PRIMARY KEY (sha256, part)
) STRICT, WITHOUT ROWID;

CREATE TABLE releases (
  release_id INTEGER PRIMARY KEY,
  series TEXT NOT NULL REFERENCES series(series),
  publication TEXT NOT NULL,
  title TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('published', 'upcoming', 'listed', 'deposited')),
  published_on TEXT,
  published_text TEXT,
  period_from TEXT,
  period_to TEXT,
  page_address TEXT,
  page_sha256 TEXT,
  last_edited_text TEXT,
  summary TEXT,
  first_captured_at TEXT,
  last_captured_at TEXT,
  UNIQUE (series, publication)
) STRICT;

CREATE TABLE files (
  file_id INTEGER PRIMARY KEY,
  release_id INTEGER NOT NULL REFERENCES releases(release_id),
  file_name TEXT NOT NULL,
  name TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  member_of TEXT REFERENCES snapshots(sha256),
  address TEXT,
  origin TEXT,
  first_captured_at TEXT NOT NULL,
  last_confirmed_on TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('read', 'unread', 'kept', 'withheld')),
  unread_because TEXT,
  family TEXT,
  schema TEXT,
  rows INTEGER,
  blank_rows INTEGER,
  UNIQUE (release_id, file_name, sha256)
) STRICT;
CREATE INDEX files_by_sha256 ON files (sha256);

CREATE TABLE vintages (
  vintage INTEGER PRIMARY KEY,
  release_id INTEGER NOT NULL REFERENCES releases(release_id),
  published_on TEXT NOT NULL,
  stated_on TEXT NOT NULL,
  nth INTEGER NOT NULL,
  edition INTEGER NOT NULL,
  label TEXT NOT NULL,
  UNIQUE (release_id, stated_on, nth)
) STRICT;

CREATE TABLE loads (
  vintage INTEGER NOT NULL REFERENCES vintages(vintage),
  family TEXT NOT NULL,
  file_id INTEGER NOT NULL REFERENCES files(file_id),
  schema TEXT NOT NULL,
  schema_sha256 TEXT NOT NULL,
  rows INTEGER NOT NULL,
  blank_rows INTEGER NOT NULL,
  PRIMARY KEY (vintage, family)
) STRICT, WITHOUT ROWID;

CREATE TABLE repairs (
  file_id INTEGER NOT NULL REFERENCES files(file_id),
  family TEXT NOT NULL,
  schema TEXT NOT NULL,
  field TEXT NOT NULL,
  raw TEXT NOT NULL,
  repaired TEXT NOT NULL,
  reason TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (file_id, family, field, raw)
) STRICT, WITHOUT ROWID;

-- Figures.

CREATE TABLE months (
  month_id INTEGER PRIMARY KEY,
  month TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE coverage (
  family TEXT NOT NULL,
  month_id INTEGER NOT NULL REFERENCES months(month_id),
  vintage INTEGER NOT NULL REFERENCES vintages(vintage),
  cells INTEGER NOT NULL,
  changed INTEGER NOT NULL,
  PRIMARY KEY (family, month_id, vintage)
) STRICT, WITHOUT ROWID;

CREATE TABLE age_sex_places (place_id INTEGER PRIMARY KEY, age_band TEXT NOT NULL, sex TEXT NOT NULL, UNIQUE (age_band, sex)) STRICT;
CREATE TABLE practices_places (place_id INTEGER PRIMARY KEY, practice_code TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE lsoas_places (place_id INTEGER PRIMARY KEY, lsoa_code TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE areas_places (
  place_id INTEGER PRIMARY KEY,
  area_kind TEXT NOT NULL CHECK (area_kind IN ('england', 'region', 'icb', 'sub_icb', 'ccg', 'local_authority')),
  area_code TEXT NOT NULL,
  UNIQUE (area_kind, area_code)
) STRICT;

CREATE TABLE age_sex_spans (
  month_id INTEGER NOT NULL, place_id INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER,
  opt_outs INTEGER, list_size INTEGER, rate REAL,
  PRIMARY KEY (month_id, place_id, since)
) STRICT, WITHOUT ROWID;
CREATE TABLE practices_spans (
  month_id INTEGER NOT NULL, place_id INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER,
  opt_outs INTEGER, list_size INTEGER,
  PRIMARY KEY (month_id, place_id, since)
) STRICT, WITHOUT ROWID;
CREATE TABLE lsoas_spans (
  month_id INTEGER NOT NULL, place_id INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER,
  opt_outs INTEGER,
  PRIMARY KEY (month_id, place_id, since)
) STRICT, WITHOUT ROWID;
CREATE TABLE areas_spans (
  month_id INTEGER NOT NULL, place_id INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER,
  opt_outs INTEGER, list_size INTEGER,
  PRIMARY KEY (month_id, place_id, since)
) STRICT, WITHOUT ROWID;
CREATE INDEX age_sex_superseded ON age_sex_spans (until) WHERE until IS NOT NULL;
CREATE INDEX practices_superseded ON practices_spans (until) WHERE until IS NOT NULL;
CREATE INDEX lsoas_superseded ON lsoas_spans (until, month_id, place_id, since, opt_outs) WHERE until IS NOT NULL;
CREATE INDEX areas_superseded ON areas_spans (until) WHERE until IS NOT NULL;

-- Why a measure is null: a JSON object from measure to reason. No row where nothing is null.
CREATE TABLE age_sex_missing_spans (
  month_id INTEGER NOT NULL, place_id INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER, reasons TEXT NOT NULL,
  PRIMARY KEY (month_id, place_id, since)
) STRICT, WITHOUT ROWID;
CREATE TABLE practices_missing_spans (
  month_id INTEGER NOT NULL, place_id INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER, reasons TEXT NOT NULL,
  PRIMARY KEY (month_id, place_id, since)
) STRICT, WITHOUT ROWID;
CREATE TABLE lsoas_missing_spans (
  month_id INTEGER NOT NULL, place_id INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER, reasons TEXT NOT NULL,
  PRIMARY KEY (month_id, place_id, since)
) STRICT, WITHOUT ROWID;
CREATE TABLE areas_missing_spans (
  month_id INTEGER NOT NULL, place_id INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER, reasons TEXT NOT NULL,
  PRIMARY KEY (month_id, place_id, since)
) STRICT, WITHOUT ROWID;

-- The file's own text: a JSON list of key cells and measures. For practices and lsoas only where it is not the plain value.
CREATE TABLE age_sex_printed_spans (
  month_id INTEGER NOT NULL, place_id INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER, printed TEXT NOT NULL,
  PRIMARY KEY (month_id, place_id, since)
) STRICT, WITHOUT ROWID;
CREATE TABLE practices_printed_spans (
  month_id INTEGER NOT NULL, place_id INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER, printed TEXT NOT NULL,
  PRIMARY KEY (month_id, place_id, since)
) STRICT, WITHOUT ROWID;
CREATE TABLE lsoas_printed_spans (
  month_id INTEGER NOT NULL, place_id INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER, printed TEXT NOT NULL,
  PRIMARY KEY (month_id, place_id, since)
) STRICT, WITHOUT ROWID;

-- Names and the areas a place belongs to, as published. month_id 0 holds the label of the newest month of each vintage's
-- file; a month's own row stands only where that month's label differs from it.
CREATE TABLE geographies (
  geography_id INTEGER PRIMARY KEY,
  ccg_ons_code TEXT NOT NULL, ccg_name TEXT NOT NULL,
  sub_icb_code TEXT NOT NULL, sub_icb_ons_code TEXT NOT NULL, sub_icb_name TEXT NOT NULL,
  icb_code TEXT NOT NULL, icb_ons_code TEXT NOT NULL, icb_name TEXT NOT NULL,
  region_code TEXT NOT NULL, region_ons_code TEXT NOT NULL, region_name TEXT NOT NULL,
  local_authority_code TEXT NOT NULL, local_authority_name TEXT NOT NULL,
  UNIQUE (ccg_ons_code, ccg_name, sub_icb_code, sub_icb_ons_code, sub_icb_name, icb_code, icb_ons_code, icb_name,
          region_code, region_ons_code, region_name, local_authority_code, local_authority_name)
) STRICT;
CREATE TABLE labels (
  label_id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  postcode TEXT NOT NULL,
  geography_id INTEGER NOT NULL REFERENCES geographies(geography_id),
  UNIQUE (name, postcode, geography_id)
) STRICT;
CREATE TABLE practices_label_spans (
  month_id INTEGER NOT NULL, place_id INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER, label_id INTEGER NOT NULL,
  PRIMARY KEY (month_id, place_id, since)
) STRICT, WITHOUT ROWID;
CREATE TABLE lsoas_label_spans (
  month_id INTEGER NOT NULL, place_id INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER, label_id INTEGER NOT NULL,
  PRIMARY KEY (month_id, place_id, since)
) STRICT, WITHOUT ROWID;
CREATE TABLE area_labels (
  label_id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  ons_code TEXT NOT NULL,
  UNIQUE (name, ons_code)
) STRICT;
CREATE TABLE areas_label_spans (
  month_id INTEGER NOT NULL, place_id INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER, label_id INTEGER NOT NULL,
  PRIMARY KEY (month_id, place_id, since)
) STRICT, WITHOUT ROWID;

-- Everything a person may look for by name or code: areas of every kind, and practices. Made anew after each load. held_in is
-- a JSON list of the families that state figures of the place: sources are named beside each other and never merged.
CREATE TABLE places (
  place INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  code TEXT NOT NULL,
  ons_code TEXT NOT NULL,
  name TEXT NOT NULL,
  other_names TEXT NOT NULL,
  postcode TEXT NOT NULL,
  first_month TEXT NOT NULL,
  last_month TEXT NOT NULL,
  other_codes TEXT NOT NULL DEFAULT '',
  held_in TEXT NOT NULL DEFAULT '[]',
  UNIQUE (kind, code)
) STRICT;
CREATE VIRTUAL TABLE places_fts USING fts5 (
  name, other_names, code, ons_code, postcode, other_codes, content='places', content_rowid='place', tokenize="unicode61 remove_diacritics 2"
);

-- Registers: what is known about the figures beside the figures, from archive/registers/*.csv. Each row says where it comes
-- from (source, source_address), when that source stated it (stated_on), when it was last looked at for this register
-- (seen_on) and on what footing it stands (known_from). Dates may be a year or a month alone: '2022-07'.
-- WITHOUT ROWID: Datasette pages by primary key, and loses rows that are alike where ties come in the order of a rowid.
CREATE TABLE breaks (
  break_id TEXT PRIMARY KEY,
  title TEXT NOT NULL,
  from_on TEXT NOT NULL,
  to_on TEXT,
  dated_by TEXT NOT NULL CHECK (dated_by IN ('month', 'release')),
  families TEXT NOT NULL,
  area_kinds TEXT,
  measures TEXT NOT NULL,
  severity TEXT NOT NULL CHECK (severity IN ('break', 'care', 'note')),
  what_changed TEXT NOT NULL,
  how_sure TEXT NOT NULL,
  source TEXT NOT NULL, source_address TEXT, stated_on TEXT, seen_on TEXT NOT NULL, known_from TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE caveats (
  caveat_id TEXT PRIMARY KEY,
  topic TEXT NOT NULL,
  dispute TEXT,
  is_quotation INTEGER NOT NULL CHECK (is_quotation IN (0, 1)),
  words TEXT NOT NULL,
  in_plain_words TEXT NOT NULL,
  source TEXT NOT NULL, source_address TEXT, stated_on TEXT, seen_on TEXT NOT NULL, known_from TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE published_figures (
  figure_id TEXT PRIMARY KEY,
  figure INTEGER NOT NULL,
  as_printed TEXT NOT NULL,
  number ANY NOT NULL,
  step ANY NOT NULL,
  relation TEXT NOT NULL CHECK (relation IN ('equal', 'about', 'more_than', 'fewer_than')),
  unit TEXT NOT NULL,
  what TEXT NOT NULL,
  measure TEXT NOT NULL,
  family TEXT,
  area_kind TEXT,
  area_code TEXT,
  area_name TEXT,
  age_band TEXT,
  sex TEXT,
  from_on TEXT,
  to_on TEXT,
  recomputed TEXT NOT NULL CHECK (recomputed IN ('yes', 'no_file', 'no')),
  expected ANY,
  note TEXT,
  source TEXT NOT NULL, source_address TEXT, stated_on TEXT, seen_on TEXT NOT NULL, known_from TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE not_published (
  gap_id TEXT PRIMARY KEY,
  what TEXT NOT NULL,
  last_figure INTEGER,
  last_figure_on TEXT,
  unit TEXT NOT NULL,
  what_is_known TEXT NOT NULL,
  what_there_is_instead TEXT NOT NULL,
  source TEXT NOT NULL, source_address TEXT, stated_on TEXT, seen_on TEXT NOT NULL, known_from TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE glossary (
  term TEXT PRIMARY KEY COLLATE NOCASE,
  meaning TEXT NOT NULL,
  not_the_same_as TEXT,
  source TEXT NOT NULL, source_address TEXT, stated_on TEXT, seen_on TEXT NOT NULL, known_from TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE area_changes (
  change_id TEXT PRIMARY KEY,
  effective_on TEXT NOT NULL,
  area_kind TEXT NOT NULL,
  change TEXT NOT NULL CHECK (change IN ('name', 'ons_code', 'boundary', 'merger', 'split')),
  old_kind TEXT,
  old_code TEXT,
  old_ons_code TEXT,
  old_name TEXT,
  new_code TEXT,
  new_ons_code TEXT,
  new_name TEXT,
  what_changed TEXT NOT NULL,
  how_sure TEXT NOT NULL,
  source TEXT NOT NULL, source_address TEXT, stated_on TEXT, seen_on TEXT NOT NULL, known_from TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE known_problems (
  problem_id TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('file', 'figure', 'label', 'page', 'note', 'elsewhere')),
  title TEXT NOT NULL,
  evidence TEXT NOT NULL,
  seen_in TEXT NOT NULL,
  what_this_archive_does TEXT NOT NULL,
  source TEXT NOT NULL, source_address TEXT, stated_on TEXT, seen_on TEXT NOT NULL, known_from TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Comparison: what ended between two vintages is an index range in every span table.
CREATE INDEX age_sex_reprinted ON age_sex_printed_spans (until) WHERE until IS NOT NULL;
CREATE INDEX practices_reprinted ON practices_printed_spans (until) WHERE until IS NOT NULL;
CREATE INDEX lsoas_reprinted ON lsoas_printed_spans (until) WHERE until IS NOT NULL;
CREATE INDEX practices_relabelled ON practices_label_spans (until) WHERE until IS NOT NULL;
CREATE INDEX lsoas_relabelled ON lsoas_label_spans (until) WHERE until IS NOT NULL;
CREATE INDEX areas_relabelled ON areas_label_spans (until) WHERE until IS NOT NULL;

-- Cross-checks of what each vintage states: one row for each rule (archive/rules), month and sum that was looked at.
CREATE TABLE checks (
  vintage INTEGER NOT NULL REFERENCES vintages(vintage),
  rule TEXT NOT NULL,
  family TEXT NOT NULL,
  month TEXT NOT NULL,
  parts TEXT NOT NULL,
  expected ANY,
  found ANY,
  difference ANY,
  result TEXT NOT NULL CHECK (result IN ('ok', 'warn', 'fail')),
  severity TEXT NOT NULL CHECK (severity IN ('error', 'warning', 'info')),
  sentence TEXT NOT NULL,
  PRIMARY KEY (vintage, rule, family, month, parts)
) STRICT, WITHOUT ROWID;

-- What the release workbook and the weekly dashboard export state: sources of their own, never merged with the CSV files.
-- The tables have the shape of those above; weeks, numbered by their days since 1 January 2000, take the place of months.
CREATE TABLE weeks (
  week_id INTEGER PRIMARY KEY,
  week TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE weekly_coverage (
  family TEXT NOT NULL,
  week_id INTEGER NOT NULL REFERENCES weeks(week_id),
  vintage INTEGER NOT NULL REFERENCES vintages(vintage),
  cells INTEGER NOT NULL,
  changed INTEGER NOT NULL,
  PRIMARY KEY (family, week_id, vintage)
) STRICT, WITHOUT ROWID;

CREATE TABLE workbook_england_places (place_id INTEGER PRIMARY KEY CHECK (place_id = 1)) STRICT;
CREATE TABLE workbook_age_sex_places (
  place_id INTEGER PRIMARY KEY, age_band TEXT NOT NULL, sex TEXT NOT NULL, UNIQUE (age_band, sex)
) STRICT;
CREATE TABLE workbook_practices_places (place_id INTEGER PRIMARY KEY, practice_code TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE workbook_areas_places (
  place_id INTEGER PRIMARY KEY,
  area_kind TEXT NOT NULL CHECK (area_kind IN ('ccg', 'sub_icb', 'unallocated')),
  area_code TEXT NOT NULL,
  UNIQUE (area_kind, area_code)
) STRICT;
CREATE TABLE weekly_places (
  place_id INTEGER PRIMARY KEY,
  group_kind TEXT NOT NULL
    CHECK (group_kind IN ('england', 'age_band', 'sex', 'region', 'ccg', 'sub_icb', 'unallocated')),
  code TEXT NOT NULL,
  UNIQUE (group_kind, code)
) STRICT;

CREATE TABLE workbook_england_spans (
  month_id INTEGER NOT NULL, place_id INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER, opt_outs INTEGER, list_size INTEGER, rate REAL, deceased INTEGER,
  PRIMARY KEY (month_id, place_id, since)
) STRICT, WITHOUT ROWID;
CREATE TABLE workbook_england_missing_spans (
  month_id INTEGER NOT NULL, place_id INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER, reasons TEXT NOT NULL,
  PRIMARY KEY (month_id, place_id, since)
) STRICT, WITHOUT ROWID;
CREATE TABLE workbook_england_printed_spans (
  month_id INTEGER NOT NULL, place_id INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER, printed TEXT NOT NULL,
  PRIMARY KEY (month_id, place_id, since)
) STRICT, WITHOUT ROWID;
CREATE INDEX workbook_england_superseded ON workbook_england_spans (until) WHERE until IS NOT NULL;
CREATE INDEX workbook_england_reprinted ON workbook_england_printed_spans (until) WHERE until IS NOT NULL;

CREATE TABLE workbook_age_sex_spans (
  month_id INTEGER NOT NULL, place_id INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER, opt_outs INTEGER, list_size INTEGER, rate REAL,
  PRIMARY KEY (month_id, place_id, since)
) STRICT, WITHOUT ROWID;
CREATE TABLE workbook_age_sex_missing_spans (
  month_id INTEGER NOT NULL, place_id INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER, reasons TEXT NOT NULL,
  PRIMARY KEY (month_id, place_id, since)
) STRICT, WITHOUT ROWID;
CREATE TABLE workbook_age_sex_printed_spans (
  month_id INTEGER NOT NULL, place_id INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER, printed TEXT NOT NULL,
  PRIMARY KEY (month_id, place_id, since)
) STRICT, WITHOUT ROWID;
CREATE INDEX workbook_age_sex_superseded ON workbook_age_sex_spans (until) WHERE until IS NOT NULL;
CREATE INDEX workbook_age_sex_reprinted ON workbook_age_sex_printed_spans (until) WHERE until IS NOT NULL;

CREATE TABLE workbook_practices_spans (
  month_id INTEGER NOT NULL, place_id INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER, opt_outs INTEGER, list_size INTEGER, rate REAL,
  PRIMARY KEY (month_id, place_id, since)
) STRICT, WITHOUT ROWID;
CREATE TABLE workbook_practices_missing_spans (
  month_id INTEGER NOT NULL, place_id INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER, reasons TEXT NOT NULL,
  PRIMARY KEY (month_id, place_id, since)
) STRICT, WITHOUT ROWID;
CREATE TABLE workbook_practices_printed_spans (
  month_id INTEGER NOT NULL, place_id INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER, printed TEXT NOT NULL,
  PRIMARY KEY (month_id, place_id, since)
) STRICT, WITHOUT ROWID;
CREATE TABLE workbook_practices_label_spans (
  month_id INTEGER NOT NULL, place_id INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER, label_id INTEGER NOT NULL,
  PRIMARY KEY (month_id, place_id, since)
) STRICT, WITHOUT ROWID;
CREATE INDEX workbook_practices_superseded ON workbook_practices_spans (until) WHERE until IS NOT NULL;
CREATE INDEX workbook_practices_reprinted ON workbook_practices_printed_spans (until) WHERE until IS NOT NULL;
CREATE INDEX workbook_practices_relabelled ON workbook_practices_label_spans (until) WHERE until IS NOT NULL;

CREATE TABLE workbook_areas_spans (
  month_id INTEGER NOT NULL, place_id INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER, opt_outs INTEGER, list_size INTEGER, rate REAL, deceased INTEGER,
  PRIMARY KEY (month_id, place_id, since)
) STRICT, WITHOUT ROWID;
CREATE TABLE workbook_areas_missing_spans (
  month_id INTEGER NOT NULL, place_id INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER, reasons TEXT NOT NULL,
  PRIMARY KEY (month_id, place_id, since)
) STRICT, WITHOUT ROWID;
CREATE TABLE workbook_areas_printed_spans (
  month_id INTEGER NOT NULL, place_id INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER, printed TEXT NOT NULL,
  PRIMARY KEY (month_id, place_id, since)
) STRICT, WITHOUT ROWID;
CREATE TABLE workbook_areas_label_spans (
  month_id INTEGER NOT NULL, place_id INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER, label_id INTEGER NOT NULL,
  PRIMARY KEY (month_id, place_id, since)
) STRICT, WITHOUT ROWID;
CREATE INDEX workbook_areas_superseded ON workbook_areas_spans (until) WHERE until IS NOT NULL;
CREATE INDEX workbook_areas_reprinted ON workbook_areas_printed_spans (until) WHERE until IS NOT NULL;
CREATE INDEX workbook_areas_relabelled ON workbook_areas_label_spans (until) WHERE until IS NOT NULL;

CREATE TABLE weekly_spans (
  week_id INTEGER NOT NULL, place_id INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER, opt_outs INTEGER, population INTEGER, rate REAL,
  PRIMARY KEY (week_id, place_id, since)
) STRICT, WITHOUT ROWID;
CREATE TABLE weekly_missing_spans (
  week_id INTEGER NOT NULL, place_id INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER, reasons TEXT NOT NULL,
  PRIMARY KEY (week_id, place_id, since)
) STRICT, WITHOUT ROWID;
CREATE TABLE weekly_printed_spans (
  week_id INTEGER NOT NULL, place_id INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER, printed TEXT NOT NULL,
  PRIMARY KEY (week_id, place_id, since)
) STRICT, WITHOUT ROWID;
CREATE TABLE weekly_label_spans (
  week_id INTEGER NOT NULL, place_id INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER, label_id INTEGER NOT NULL,
  PRIMARY KEY (week_id, place_id, since)
) STRICT, WITHOUT ROWID;
CREATE INDEX weekly_superseded ON weekly_spans (until) WHERE until IS NOT NULL;
CREATE INDEX weekly_reprinted ON weekly_printed_spans (until) WHERE until IS NOT NULL;
CREATE INDEX weekly_relabelled ON weekly_label_spans (until) WHERE until IS NOT NULL;

-- Texts that a workbook states beside its figures: its period, its day of publication, titles, notes, the licence.
CREATE TABLE workbook_facts (
  sha256 TEXT NOT NULL,
  sheet TEXT NOT NULL,
  place TEXT NOT NULL,
  fact TEXT NOT NULL CHECK (fact IN ('period', 'published', 'licence', 'title', 'source', 'copyright', 'note')),
  text TEXT NOT NULL,
  PRIMARY KEY (sha256, sheet, place)
) STRICT, WITHOUT ROWID;

-- Files inside zip archives. The archive's bytes are the evidence; a member is named by the digest of its own bytes.
CREATE TABLE members (
  container_sha256 TEXT NOT NULL REFERENCES snapshots(sha256),
  member TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  PRIMARY KEY (container_sha256, member)
) STRICT, WITHOUT ROWID;
CREATE INDEX members_by_sha256 ON members (sha256);

-- Page history: the words of every accepted page, read from its bytes, block by block; each wording is kept once.
-- text_sha256 names blocks with their kinds, words_sha256 the words alone. prose_sha256 leaves out what changes without an edit:
-- the last-edited line, and type and size beside the links to files.
CREATE TABLE wordings (
  text_sha256 TEXT PRIMARY KEY,
  words_sha256 TEXT NOT NULL,
  prose_sha256 TEXT NOT NULL,
  words INTEGER NOT NULL,
  blocks TEXT NOT NULL
) STRICT;
CREATE TABLE page_texts (
  sha256 TEXT NOT NULL,
  address TEXT NOT NULL,
  reader INTEGER NOT NULL,
  text_sha256 TEXT REFERENCES wordings(text_sha256),
  unread_because TEXT,
  PRIMARY KEY (sha256, address)
) STRICT, WITHOUT ROWID;
CREATE TABLE prose_figures (
  text_sha256 TEXT NOT NULL REFERENCES wordings(text_sha256),
  block INTEGER NOT NULL,
  nth INTEGER NOT NULL,
  as_printed TEXT NOT NULL,
  number ANY NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('count', 'percent', 'perhaps_a_year')),
  sentence TEXT NOT NULL,
  PRIMARY KEY (text_sha256, block, nth)
) STRICT, WITHOUT ROWID;
-- Which files each reading of a page offers, one row for each link: what `pages.resources` says, to be searched.
CREATE TABLE page_links (
  sha256 TEXT NOT NULL,
  address TEXT NOT NULL,
  resource_address TEXT NOT NULL,
  file_name TEXT NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (sha256, address, resource_address)
) STRICT, WITHOUT ROWID;
-- Every time an address was asked for, and what the answer says: the captures again, in the order of each address's own history, so
-- that what is asked of presence and absence needs no sorting. Whether two looks found the same is told by content_sha256.
CREATE TABLE looks (
  series TEXT NOT NULL,
  address TEXT NOT NULL,
  capture_id INTEGER NOT NULL,
  poll_id INTEGER NOT NULL,
  publication TEXT,
  purpose TEXT NOT NULL,
  host TEXT NOT NULL,
  file_name TEXT,
  answer TEXT NOT NULL CHECK (answer IN ('present', 'absent', 'no answer')),
  sha256 TEXT,
  content_sha256 TEXT,
  requested_at TEXT NOT NULL,
  completed_at TEXT NOT NULL,
  outcome TEXT NOT NULL,
  status INTEGER,
  PRIMARY KEY (series, address, capture_id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX looks_by_capture ON looks (capture_id);
CREATE INDEX looks_by_poll ON looks (poll_id, address, capture_id);
-- Vintages whose release, or the file of it that states a family, the publisher took back: a flag for answers, never a filter.
CREATE TABLE withdrawn_vintages (
  vintage INTEGER NOT NULL REFERENCES vintages(vintage),
  family TEXT NOT NULL,
  withdrawn TEXT NOT NULL,
  PRIMARY KEY (vintage, family)
) STRICT, WITHOUT ROWID;
