"""Owns lines of made-up data files in the publisher's layouts, and how the stories read them.

Never a figure of the publisher's.
"""

from __future__ import annotations

import pytest

from scraper.errors import FileChanged
from scraper.files import read_file
from scraper.model import Reading
from scraper.schema import load_schemas

SCHEMAS = {schema.name: schema for schema in load_schemas()}
AGE = "ACH_DATE,AGE_BAND,GENDER,OPT_OUT,LIST_SIZE,RATE"
RES = (
    "ACH_DATE,LSOA_CODE,LSOA_NAME,SUB_ICB_LOCATION_CODE,ONS_SUB_ICB_LOCATION_CODE,SUB_ICB_LOCATION_NAME,"
    "LA_CODE,LA_NAME,OPT_OUT"
)
REG = "ACH_DATE,GP_PRACTICE,PRACTICE_NAME,POSTCODE,ONS_CCG_CODE,CCG_NAME,OPT_OUT,LIST_SIZE"


def read(schema: str, *lines: str, end: str = "\r\n") -> Reading:
    """A made-up file of these lines, read by this schema."""
    return read_file("".join(line + end for line in lines).encode(), f"NDOP_{schema[:-5]}_made_up.csv", SCHEMAS[schema])


def refusal_of(schema: str, *lines: str) -> FileChanged:
    """What is said of a made-up file that cannot be read."""
    with pytest.raises(FileChanged) as refusal:
        read(schema, *lines)
    return refusal.value


def age(*rows: str) -> Reading:
    """Rows of an age file beside enough good ones that one bad row is below 1 %."""
    return read("age_gen_2021", AGE, *rows, *filling())


def filling() -> list[str]:
    """390 made-up good rows of other months."""
    bands = ("0-9", "20-29", "30-39", "40-49", "50-59", "60-69", "70-79", "80-89", "90+", "All")
    days = [f"01/{month:02d}/{year}" for year in range(2000, 2013) for month in (1, 5, 9)]
    return [f"{day},{band},Male,1,4,25.0" for day in days for band in bands]


def area(code: str, count: str, month: str = "01/05/2021", name: str = "Made-up 001A") -> str:
    """One row of a residence file."""
    return f"{month},{code},{name},99A,E99000011,Made-up ICB,E99000901,Made-up District,{count}"


def surgery(code: str, opt_outs: str, list_size: str) -> str:
    """One row of a practice file of 2021."""
    return f"01/07/2021,{code},MADE-UP SURGERY,ZZ1 1AA,E99000001,NHS Made-up CCG,{opt_outs},{list_size}"


def places() -> list[str]:
    """200 made-up good rows of a residence file."""
    return [area(f"Z{number:08d}", str(number)) for number in range(200)]
