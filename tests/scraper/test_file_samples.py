"""Every known layout has a saved, made-up sample, and every sample says what its expectation says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import pytest

from scraper.files import layouts_of, readings_of
from scraper.model import LABELS, MEASURES, Reading
from scraper.schema import load_schemas

SAMPLES = Path(__file__).parent.parent / "files"
NAMES = sorted(path.name for path in SAMPLES.iterdir() if path.suffix in {".csv", ".xlsx"})
SCHEMAS = load_schemas()


def readings_in(name: str) -> list[Reading]:
    """The sample, each of its tables read by the schema that its header fits."""
    body = (SAMPLES / name).read_bytes()
    return list(readings_of(body, name, layouts_of(body, name, SCHEMAS).schemas))


def as_told(reading: Reading) -> dict[str, object]:
    """A reading as its expectation is written down: one line for each key of a month."""
    return {
        "made_up": "These figures are made up; they show a layout of the publisher's, not figures of the publisher's.",
        "schema": reading.schema,
        "family": reading.family,
        "rows": reading.rows,
        "blank_rows": reading.blank_rows,
        "measures": MEASURES[reading.family],
        "labels": LABELS[reading.family],
        "values": {b.month: joined(b.values) for b in reading.blocks},
        "label_texts": {b.month: joined(b.labels) for b in reading.blocks},
        "printed": {b.month: joined(b.printed) for b in reading.blocks},
        "missing": [f"{m.month} {' | '.join(m.key)} {m.measure}: {m.reason} ({m.printed})" for m in reading.missing],
        "repairs": [asdict(repair) for repair in reading.repairs],
        "findings": [asdict(finding) for finding in reading.findings],
        **({"facts": [" | ".join(fact) for fact in reading.facts]} if reading.facts else {}),
    }


def joined(by_key: Mapping[tuple[str, ...], tuple[object, ...]]) -> dict[str, str]:
    """Key parts in one text, what stands beside them as JSON."""
    return {" | ".join(key): json.dumps(texts, ensure_ascii=False) for key, texts in by_key.items()}


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_says_what_its_expectation_says(name):
    """A saved file reads as the expectation beside it; a new sample gets one written, and fails until it was read."""
    expectation = (SAMPLES / name).with_suffix(".json")
    readings = [as_told(reading) for reading in readings_in(name)]
    told = json.dumps(readings if name.endswith(".xlsx") else readings[0], indent=1, ensure_ascii=False) + "\n"
    if not expectation.exists():
        expectation.write_text(told, encoding="utf-8")
        pytest.fail(f"{expectation.name} was written: read it line by line against the sample, then run again")
    assert told == expectation.read_text(encoding="utf-8")


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.name)
def test_a_schema_without_a_sample_fails(schema):
    """A layout that nobody has saved a file of is not known."""
    assert schema.name in {reading.schema for name in NAMES for reading in readings_in(name)}


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith(".csv")])
def test_samples_keep_the_publishers_line_ends_and_say_that_they_are_made_up(name):
    """The publisher ends lines with CR LF, and nobody takes a sample for a figure of the publisher's."""
    body = (SAMPLES / name).read_bytes()
    assert body.count(b"\r\n") == body.count(b"\n") == len(body.splitlines())
    assert "made_up" in name
