"""What a release says of changed figures is quoted word for word, and nothing is concluded from it. All words made up."""

from __future__ import annotations

import pytest

from archive.site.said_so import MOST, speaking
from tests.archive.made_site import empty_archive, filled_archive
from tests.archive.visitor import Visitor, words
from tests.history_world import SLUGS, figures, file_name, made_world


@pytest.mark.parametrize(
    "said",
    [
        "Figures for May 2021 were revised.", "This file was replaced on 13/08/2021.", "A correction was made to Table 2.",
        "National figures may be updated due to retrospective changes.", "The data have been re-calculated.",
    ],
)  # fmt: skip
def test_a_sentence_that_speaks_of_a_change_is_quoted_alone(said):
    """Only that sentence of its paragraph, whole, and once however often it stands there."""
    text = f"How many people opted out. {said} See the notes."
    assert speaking([text, "Nothing here.", said]) == [said]


def test_ordinary_words_are_not_taken_for_an_explanation():
    """Directions, providers and terraces speak of no revision."""
    assert speaking(["The direction is kept.", "Providers supervise.", "Date of the next release."]) == []


def test_a_page_full_of_changes_is_cut():
    """So many sentences and no more: the page itself is linked."""
    assert len(speaking([f"Table {n} was corrected." for n in range(100)])) == MOST


def test_the_comparison_quotes_the_release_page(tmp_path, monkeypatch):
    """The later release's page, as it stands now, says that a file was replaced: the comparison quotes it and judges nothing."""
    with made_world(tmp_path, monkeypatch) as world:
        world.poll()
        world.publisher.replace(
            SLUGS[0], file_name(SLUGS[0]), figures(11), notice="The age file was replaced: rows were missing."
        )
        world.poll_daily(2)
        with Visitor(world.archive.directory) as visitor:
            text = words(visitor.get("/compare"))
    assert "On the release page: “The age file was replaced: rows were missing.”" in text
    assert "Whether they are about the figures above is for the reader to judge." in text
    assert "No explanation found" not in text


def test_where_nothing_was_kept_to_look_in_that_is_said(tmp_path):
    """Files handed in without their pages: neither an explanation nor the lack of one is claimed."""
    with Visitor(filled_archive(tmp_path / "filled")) as visitor:
        text = words(visitor.get("/compare?a=1&b=2"))
        assert "No explanation found in the workbook." in text
        assert "No page of it was captured." in text
        assert "No two captured pages to lay side by side." in text
    with Visitor(empty_archive(tmp_path / "empty")) as visitor:
        assert "Did they say so" not in words(visitor.get("/compare"))
