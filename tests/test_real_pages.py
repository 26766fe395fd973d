"""Pages of the publisher's own files, where they are here, and of a release of full size that tells the newspapers' story."""

from __future__ import annotations

import re

import pytest

from schedules.deposit import deposit, deposits_of
from tests.archive.test_site_places import words
from tests.archive.visitor import Visitor
from tests.conftest import REAL, Archive
from tests.made_up import PUBLISHED, age_gen, months_to, releases
from tests.made_up_layouts import shares
from tests.publisher import Publisher
from tests.test_real_sources import APRIL, JULY, archive_at, hand_in

ENGLAND = {"2021-05-01": 1_650_335, "2021-09-01": 3_264_327}


@pytest.fixture(scope="module")
def visitor(tmp_path_factory):
    """Asks an archive of two real releases."""
    if not all((REAL / name).exists() for name in (JULY, APRIL)):
        pytest.skip("the publisher's real files are not here (looked for them in ../shared/real)")
    folder = tmp_path_factory.mktemp("pages")
    archive = archive_at(folder / "archive")
    with archive.open() as desk:
        hand_in(desk, lambda name: (REAL / name).read_bytes(), (JULY, APRIL), folder)
    with Visitor(archive.directory) as one:
        yield one


def test_england_on_1_july_2021_stands_with_its_block(visitor):
    """3,032,917, its base, the release that states it first, hash, two statements, never changed; ages and sexes beside it."""
    text = words(visitor.get("/area/england?from=2021-06&to=2021-07"))
    for told in (
        "3,032,917 people in England had a national data opt-out on 1 July 2021", "1,275,153 (42 %) were added since 1 June 2021",
        "people registered, as the same file counts them", "july-2021", "published 29 July 2021", "NDOP_age_gen_Jul_2021.csv",
        "Statement 1 of 2: stated in 2 releases, never changed, last confirmed 28 April 2022", "(type 1) opt-outs",
    ):  # fmt: skip
        assert told in text, told
    assert re.search(r"SHA-256 [0-9a-f]{12}…", text)
    assert re.search(r"10-19 [\d,]+ [\d,]+", text)
    assert "Oct-19" not in text
    assert "made-up" not in text.lower()


def test_july_beside_april_restates_nothing_and_tells_texts_and_labels_apart(visitor):
    """No value differs in the months that both state; other spellings of numbers and names are counted, and shown, on their own."""
    text = words(visitor.get("/compare?family=age_sex"))
    assert "0 rows restated between july-2021" in text
    assert "Restated 0 rows" in text
    printed, named = (
        re.search(rf"{title} ([\d,]+) rows?", text).group(1) for title in ("Printed otherwise", "Named otherwise")
    )
    assert int(printed.replace(",", "")) + int(named.replace(",", "")) > 0
    assert "Not stated any more 0 rows" in text


def with_story(body: bytes) -> bytes:
    """A residence file of full size in which the newspapers' places have the newspapers' figures, spread over their LSOAs."""
    lines = body.decode().split("\r\n")
    for (name, month), total in PUBLISHED.items():
        when = "/".join(reversed(month.split("-")))
        quoted = f'"{name}"' if "," in name else name
        own = [at for at, line in enumerate(lines) if line.startswith(when) and f",{quoted}," in line]
        assert own, (name, month)
        for at, opt_outs in zip(own, shares(total, [1] * len(own)), strict=True):
            lines[at] = f"{lines[at].rpartition(',')[0]},{opt_outs}"
    return "\r\n".join(lines).encode()


@pytest.mark.slow
def test_the_story_comes_out_of_a_release_of_full_size(tmp_path):
    """Some 33,000 neighbourhoods (made-up figures): Mansfield's numbers and sentence as printed, beside England and 308 others."""
    (release,) = releases(1)
    with Publisher() as publisher:
        archive = Archive(tmp_path / "data", publisher.series_file(tmp_path / "schedules").parent)
    files = dict(release.files) | {"NDOP_age_gen_Sep_2021.csv": age_gen(months_to("2021-09", 12), totals=ENGLAND)}
    files["NDOP_res_geo_Sep_2021.csv"] = with_story(files["NDOP_res_geo_Sep_2021.csv"])
    for name, body in files.items():
        (tmp_path / name).write_bytes(body)
    with archive.open() as desk:
        paths = [tmp_path / name for name in files if not name.endswith(".xlsx")]
        deposit(desk, desk.series[0], deposits_of(paths, desk.series[0], "september-2021", "2021-09-30", "made up"))
    with Visitor(archive.directory) as one:
        text = words(one.get("/area/local_authority/E07000174?from=2021-05&to=2021-09"))
        assert "Of these, 1,757 (43 %) were added since 1 May 2021, net of people who left: growth +75 %." in text
        assert (
            "4,097 people living in Mansfield had opted out by 1 September 2021, 43 % of them since 1 May 2021; England 49 %."
        ) in text
        assert "England over the same months: 1,613,992 (49 % of its total, +98 %)" in text
        assert re.search(r"Number \d+ of 309 in the order of net change", text)
        for path in ("/", "/area/local_authority/E07000174", "/areas/local_authority", "/compare"):
            assert len(one.get(path).content) < 60_000, path
