"""Stories of layouts: which headers fit, what is said of those that do not, and how a slip in a schema file is told."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import scraper.schema
from scraper.errors import DefinitionError, FileChanged
from scraper.layout import folded
from scraper.schema import load_schemas, schema_for

SCHEMAS = load_schemas()
BY_NAME = {schema.name: schema for schema in SCHEMAS}
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""A busy machine is no failure."""
OWN = Path(scraper.schema.__file__).parent / "schemas"
AGE = ("ACH_DATE", "AGE_BAND", "GENDER", "OPT_OUT", "LIST_SIZE", "RATE")
KNOWN_2021 = (
    "ACH_DATE", "GP_PRACTICE", "PRACTICE_NAME", "POSTCODE", "ONS_CCG_CODE", "CCG_NAME", "OPT_OUT", "LIST_SIZE",
)  # fmt: skip


def name_for(*header: str) -> str:
    """Name of the one schema that the header fits."""
    return schema_for(header, "file.csv", SCHEMAS).name


def changed_by(*header: str) -> str:
    """What is said of a header that fits none."""
    with pytest.raises(FileChanged) as refusal:
        schema_for(header, "NDOP_age_gen_May_2024.csv", SCHEMAS)
    return str(refusal.value)


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.name)
def test_its_own_header_fits_a_schema_and_no_other(schema):
    """The header that a schema states is read by that schema."""
    assert name_for(*(column.header for column in schema.columns)) == schema.name


def test_the_two_age_layouts_are_told_apart_by_the_name_of_the_rate():
    """2021-22 says RATE, the program of 2023 says OPT_OUT_RATE; everything else is the same."""
    assert name_for(*AGE) == "age_gen_2021"
    assert name_for(*AGE[:-1], "OPT_OUT_RATE") == "age_gen_2023"


@UNHURRIED
@given(st.sampled_from(SCHEMAS), st.data())
def test_spelling_does_not_matter_where_the_publisher_varies_it(schema, data):
    """Case, blanks and underscores may vary from file to file: `List size`, `List_size`, `LIST SIZE`."""
    varied = [
        "".join(data.draw(st.sampled_from((c.lower(), c.upper(), f" {c}", f"{c}_"))) for c in column.header)
        for column in schema.columns
    ]
    assert name_for(*varied) == schema.name


def test_an_exact_layout_accepts_no_other_order():
    """Columns in another order are another layout, and the message gives the order that was due."""
    told = changed_by("ACH_DATE", "GENDER", "AGE_BAND", "OPT_OUT", "LIST_SIZE", "RATE")
    assert "the same columns in the order ACH_DATE, AGE_BAND, GENDER" in told


@UNHURRIED
@given(st.permutations(KNOWN_2021))
def test_the_practice_files_of_2021_may_have_their_columns_in_any_order(header):
    """No real file was seen, so only the columns are certain, not their order."""
    assert name_for(*header) == "reg_geo_2021"


def test_unknown_extra_columns_fit_the_practice_files_of_2021_only():
    """There further columns are likely and are noted; in an exact layout they mean that something changed."""
    assert name_for("STP_CODE", *KNOWN_2021, "STP_NAME") == "reg_geo_2021"
    assert "not known IMD" in changed_by(*AGE, "IMD")


@pytest.mark.fault("C10")
def test_an_unknown_header_is_told_with_the_nearest_layout():
    """A person sees the header, which layout it resembles most, and what stands between them."""
    told = changed_by("ACH_DATE", "AGE", "GENDER", "OPT_OUT", "LIST_SIZE", "RATE")
    assert "NDOP_age_gen_May_2024.csv, row 1: found the header ACH_DATE, AGE, GENDER" in told
    assert "nearest is age_gen_2021: missing AGE_BAND; not known AGE" in told
    assert "optout reread" in told


@pytest.mark.parametrize(
    "header", [(), ("",), ("ACH_DATE", *KNOWN_2021), (*KNOWN_2021, "", "x"), (*KNOWN_2021, "X", "x ")]
)
def test_headers_without_names_or_with_one_twice_fit_nothing(header):
    """A column without a name, or a name that two columns bear, cannot be read with confidence."""
    assert "nearest is" in changed_by(*header)


@UNHURRIED
@given(st.lists(st.text(max_size=8), max_size=12))
def test_any_header_gets_a_layout_or_a_named_refusal(header):
    """Whatever stands in a first row, the answer is one schema or FileChanged with a whole sentence."""
    with suppress(FileChanged):
        assert schema_for(tuple(header), "file.csv", SCHEMAS) in SCHEMAS


@UNHURRIED
@given(st.text())
def test_folding_twice_changes_nothing(text):
    """A folded name is its own folded name."""
    assert folded(folded(text)) == folded(text)


def test_two_schemas_that_fit_are_a_mistake_of_ours():
    """If two layouts would read one header, neither does, and both are named."""
    twin = BY_NAME["age_gen_2021"]
    with pytest.raises(DefinitionError, match="two schemas, age_gen_2021 and age_gen_2021"):
        schema_for(AGE, "file.csv", [twin, twin])


def test_no_schema_at_all_is_said_plainly():
    """With nothing known, the refusal does not pretend that something was near."""
    with pytest.raises(FileChanged, match="none is known"):
        schema_for(AGE, "file.csv", [])


# ---------------------------------------------------------------- slips in a schema file


def definition_with(tmp_path: Path, old: str, new: str, name: str = "age_gen_2021") -> str:
    """What is said of a schema file in which `old` was replaced by `new`."""
    text = (OWN / f"{name}.toml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / f"{name}.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DefinitionError) as mistake:
        load_schemas(tmp_path)
    return str(mistake.value)


SLIPS = [
    ('family = "age_sex"', 'family = "ages"', "family: found 'ages'; expected one of age_sex, lsoas, practices"),
    ('order = "exact"', 'order = "exactly"', "order: found 'exactly'; expected one of any, exact"),
    ('order = "exact"', 'ordre = "exact"', "order: found nothing; expected a text"),
    ('order = "exact"', 'order = "exact"\nkolumns = 3', "kolumns: found a key nobody reads"),
    (
        'dates = ["dd/mm/yyyy"]',
        'dates = ["d/m/y"]',
        "dates: found 'd/m/y'; expected some of dd month yyyy, dd/mm/yyyy, month yyyy, yyyy-mm-dd",
    ),
    ('dates = ["dd/mm/yyyy"]', "dates = []", "dates: found an empty list"),
    ('dates = ["dd/mm/yyyy"]', 'dates = "dd/mm/yyyy"', "dates: found 'dd/mm/yyyy'; expected a list of texts"),
    ('zeros = ["opt_outs"]', 'zeros = ["opt_outs", "opt_outs"]', "zeros: found ['opt_outs', 'opt_outs']"),
    ('holds = "rate"', 'holds = "ratio"', "columns 6: holds: found 'ratio'"),
    ('holds = "rate"', 'holds = "month"', "columns: found no column that holds rate"),
    ('header = "RATE"', 'header = "OPT OUT"', "columns: found 'optout' more than once"),
    ('header = "RATE"', 'header = ""', "columns 6: header: found an empty text"),
    ('"Male" = "male"', '"Male" = "men"', "spellings.sex.Male: found 'men'"),
    ('means = "not_applicable"', 'means = "zero"', "marker 1: means: found 'zero'; expected a count, or one of"),
    ('means = "not_applicable"', "means = true", "marker 1: means: found True"),
    ('means = "not_applicable"', "means = -1", "marker 1: means: found -1"),
    ('measure = "list_size"', 'measure = "lists"', "marker 1: measure: found 'lists'"),
    ('"deceased", "unknown"', '"deceased", "dead"', "marker 1: where.age_band: found 'dead'"),
    ("where = { age_band", "where = { age", "marker 1: where.age: found a key nobody reads"),
    ('repaired = "10-19"', 'repaired = "10 to 19"', "repair 'Oct-19': found '10 to 19'"),
    ("[[repair]]", "[repair]", "repair: found {"),
    ("title =", "title", "age_gen_2021.toml: found "),
]


@pytest.mark.parametrize(("old", "new", "told"), SLIPS, ids=[new for _, new, _ in SLIPS])
def test_a_slip_in_a_schema_file_is_named(tmp_path, old, new, told):
    """File, key, what was found and what was expected: enough to mend it without reading the program."""
    said = definition_with(tmp_path, old, new)
    assert "scraper/schemas/age_gen_2021.toml" in said
    assert told in said


def test_a_code_pattern_must_be_a_regular_expression(tmp_path):
    """A pattern that cannot be compiled is found when schemas are loaded, not when a file arrives."""
    said = definition_with(tmp_path, '"[A-Z][0-9]{8}|Unallocated"', '"[A-Z"', "res_geo_2023")
    assert "code_pattern: found '[A-Z' (" in said


def test_layouts_with_codes_must_say_what_a_code_is(tmp_path):
    """Without a pattern a shifted column would pass for codes."""
    said = definition_with(tmp_path, "code_pattern", "# code_pattern", "res_geo_2023")
    assert "code_pattern: found nothing" in said


def test_two_files_for_one_header_are_refused_when_loaded(tmp_path):
    """A copied schema whose columns were not changed is a mistake that shows at once."""
    for name in ("one", "two"):
        (tmp_path / f"{name}.toml").write_bytes((OWN / "res_geo_2023.toml").read_bytes())
    with pytest.raises(DefinitionError, match="two schemas, one and two, for the header ACH_DATE"):
        load_schemas(tmp_path)


def test_a_folder_without_schemas_is_refused(tmp_path):
    """An empty folder is a wrong folder: every file would go unread."""
    with pytest.raises(DefinitionError, match=r"no \*\.toml file"):
        load_schemas(tmp_path)


def test_a_new_layout_is_a_toml_file_and_no_python(tmp_path):
    """Another spelling, a column to be ignored and grouped thousands are all said in the file."""
    text = (OWN / "age_gen_2021.toml").read_text(encoding="utf-8")
    text = text.replace(
        'header = "RATE" },', 'header = "Rate", also = ["RATE (%)"] },\n  { holds = "ignored", header = "IMD" },'
    )
    (tmp_path / "age_gen_2025.toml").write_text(text.replace('order = "exact"', 'order = "exact"\nthousands = ","'))
    (schema,) = load_schemas(tmp_path)
    assert schema_for((*AGE[:-1], "Rate (%)", "imd"), "file.csv", [schema]).name == "age_gen_2025"
