"""Stories of the quote checker and its further sources: the workbook, the dashboard, and several that say the same."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import schedules
from archive.quotes import find_quote
from schedules.cli import run
from tests.archive.made_deposits import dashboard
from tests.conftest import REAL
from tests.made_up import PRACTICES, age_gen, months_to, reg_geo, summary_workbook

FILES = {
    "july-2021": ("2021-07-29", ("NDOP_age_gen_Jul_2021.csv",)),
    "april-2022": ("2022-04-28", ("NDOP_age_gen_Apr_2022.csv", "NDOP_sum_Apr_2022.xlsx")),
    "dashboard": ("2022-03-04", ("2021-dashboard.csv",)),
}
SERIES = "national-data-opt-out"


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory):
    """A folder with an archive of the publisher's real files, deposited by the command. Module-wide: it is only read."""
    if not all((REAL / name).exists() for _, names in FILES.values() for name in names):
        pytest.skip("the publisher's real files are not here (looked for them in ../shared/real)")
    folder = tmp_path_factory.mktemp("real")
    (folder / "schedules").mkdir()
    shutil.copy(Path(schedules.__file__).parent / f"{SERIES}.toml", folder / "schedules")
    options = ["--data", str(folder / "data"), "--schedules", str(folder / "schedules"), "--quiet"]
    for publication, (day, names) in FILES.items():
        handed = [
            "deposit", *(str(REAL / name) for name in names), "--series", SERIES, "--publication", publication,
            "--published-on", day, "--origin", "the publisher's own file", "--create",
        ]  # fmt: skip
        assert run([*options, *handed]) == 0
    return options


@pytest.fixture
def check(handed_in, capsys):
    """Runs `optout check` on the real files: what it printed."""

    def call(*arguments):
        capsys.readouterr()
        assert run([*handed_in, "check", *arguments]) == 0
        return capsys.readouterr().out

    return call


def test_the_dashboards_first_of_december_is_found(check):
    """3,304,995 stands in the weekly export alone, and the answer says so."""
    told = check("3304995")
    assert told.startswith("3304995: published as it stands, once.")
    assert "on 1 December 2021. First in the weekly dashboard export (dashboard, published 4 March 2022" in told


def test_the_monthly_files_first_of_december_is_found_in_csv_and_workbook(check):
    """3,305,099 is the monthly figure of the same day; CSV and workbook of one release agree, and are one match."""
    told = check("3305099")
    assert told.startswith("3305099: published as it stands, once.")
    assert "the monthly file by age and sex (april-2022" in told
    assert (
        "The same in Table 1 of the release workbook (april-2022, published 28 April 2022, NDOP_sum_Apr_2022.xlsx"
        in told
    )
    assert "dashboard" not in told


def test_the_misprint_is_still_a_miss_among_all_sources(check):
    """107,249 is nowhere, also among 43 weeks and 6,519 practices; the nearest is 107,429."""
    assert check("107249").startswith(
        "107,249: not published; nearest 107,429 (1 May to 1 June 2021), two digits swapped."
    )


def test_the_observers_figure_is_still_june_2021(check):
    """1,275,153 is the rise from 1 June to 1 July 2021, and no weeks are in its way."""
    told = check("1275153")
    assert told.startswith("1275153: the change between two months, once.")
    assert "+1,275,153 from 1 June to 1 July 2021" in told
    assert "The same in Table 1 of the release workbook" in told


def test_the_papers_figure_is_the_change_between_two_weeks(check):
    """BJGP Open gives 1,339,862 for June 2021: the dashboard's 26 May to 30 June, which the answer names."""
    told = check("1339862")
    assert told.startswith("1339862: the change between two weeks of the dashboard, once.")
    assert "+1,339,862 from 26 May to 30 June 2021" in told


def test_a_day_on_which_all_sources_agree_names_all_three(check):
    """On 1 September 2021 dashboard, monthly file and workbook state 3,264,327: one match, three sources."""
    told = check("3264327")
    assert told.startswith("3264327: published as it stands, once.")
    assert told.count("SHA-256") == 3
    (match,) = json.loads(check("--json", "3264327"))["found"][0]["matches"]
    assert [match["source_family"], *(one["source_family"] for one in match["agreeing"])] == [
        "age_sex", "workbook_england", "weekly",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("quote", "words"),
    [
        ("15,844", "NHS Leicester City CCG (ccg 04C), on 30 June 2021"),
        ("4,486", "practice A82077, on 1 April 2022. First in Table 3 of the release workbook"),
        ("104,580", "England, deceased people, on 1 April 2022"),
        ("361,982", "The same in Table 2 of the release workbook"),
        ("688,067", "(region Y56), on 30 June 2021"),
        ("5.3485%", "3,264,327 of 61,032,314 people on GP lists, England, on 1 September 2021"),
        ("5.3458%", "3,264,327 of 61,063,509 people on GP lists, England, on 1 September 2021"),
    ],
)
def test_figures_of_every_table_are_found(check, quote, words):
    """A CCG and a region of the dashboard, a practice, deceased people, an age group, and either base of one percentage."""
    assert words in check(quote)


def test_a_rounded_number_is_found_in_the_workbook_where_no_csv_is_held(shelf):
    """The workbook alone answers for England and its areas too."""
    shelf.hand_in(
        "april-2022",
        "2022-04-28",
        "NDOP_sum_Apr_2022.xlsx",
        summary_workbook("2022-04", totals={"2022-04-01": 3_328_566}),
    )
    (found, *_) = find_quote(shelf.copy, "3.33 million").found
    assert (found.matches[0].number, found.matches[0].source_family, found.matches[0].how) == (
        3_328_566, "workbook_england", "rounded",
    )  # fmt: skip


def test_sources_that_differ_are_two_matches_and_do_not_agree(shelf):
    """A workbook that states another England than its CSV: each number is found in its own source alone."""
    shelf.hand_in(
        "april-2022",
        "2022-04-28",
        "NDOP_age_gen_Apr_2022.csv",
        age_gen(months_to("2022-04", 1), totals={"2022-04-01": 3_328_566}),
    )
    shelf.hand_in(
        "april-2022",
        "2022-04-28",
        "NDOP_sum_Apr_2022.xlsx",
        summary_workbook("2022-04", totals={"2022-04-01": 3_328_567}),
    )
    for number, family in (("3328566", "age_sex"), ("3328567", "workbook_england")):
        (match,) = find_quote(shelf.copy, number).found[0].matches
        assert (match.source_family, match.agreeing) == (family, ())


def test_a_restated_week_is_found_as_it_once_stood(shelf):
    """What an older export stated is still published, and said to be restated since."""
    shelf.hand_in("a", "2022-04-01", "dashboard.csv", dashboard(("19/05/2021", "1,001"), ("26/05/2021", "7,777")))
    shelf.hand_in("b", "2022-05-01", "dashboard.csv", dashboard(("19/05/2021", "1,002"), ("26/05/2021", "7,777")))
    (match,) = find_quote(shelf.copy, "1001").found[0].matches
    assert (match.month, match.times_stated, match.sentence.endswith("Restated since.")) == ("2021-05-19", 1, True)
    # 7,777 less 1,001 was a change while the first export was the newest.
    assert find_quote(shelf.copy, "6776").found[0].kind == "the change between two weeks of the dashboard"


def test_weeks_of_an_area_are_not_subtracted_from_one_another(shelf):
    """Nearly any small number is the change of some area between some two weeks: only its weeks themselves are told."""
    row = '{},All,E38000257,M2L0M,NHS Made-up CCG,2.0,"{}","40,000"\r\n'
    others = row.format("19/05/2021", "8,000") + row.format("26/05/2021", "8,123")
    shelf.hand_in("a", "2022-04-01", "dashboard.csv", dashboard(("19/05/2021", "9,001"), others=others))
    assert find_quote(shelf.copy, "8123").is_published
    assert not find_quote(shelf.copy, "123").is_published


def test_a_practice_of_csv_and_workbook_is_one_match(shelf):
    """A practice's count in both files of one release is one match with two sources, its list size likewise."""
    shelf.hand_in("april-2022", "2022-04-28", "NDOP_reg_geo_Apr_2022.csv", reg_geo(["2022-04-01"]))
    shelf.hand_in("april-2022", "2022-04-28", "NDOP_sum_Apr_2022.xlsx", summary_workbook("2022-04"))
    stated = "SELECT opt_outs, list_size FROM workbook_practices_latest WHERE practice_code = ?"
    for number in shelf.rows(stated, PRACTICES[0].code)[0]:
        (found,) = find_quote(shelf.copy, str(number)).found
        (match,) = (one for one in found.matches if one.place == "practice Z90001")
        assert (match.source_family, [one.source_family for one in match.agreeing]) == (
            "practices",
            ["workbook_practices"],
        )
