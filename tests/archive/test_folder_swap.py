"""A finished folder takes the place of an earlier one in one step, or the earlier one stays."""

from __future__ import annotations

import pytest

from archive.errors import ArchiveError
from archive.folder_swap import exchange, swapped_in


def always(folder):
    return True


def test_two_folders_change_places(tmp_path):
    """Each name has what the other had."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "what").write_text(name)
    exchange(tmp_path / "a", tmp_path / "b")
    assert [(tmp_path / name / "what").read_text() for name in ("a", "b")] == ["b", "a"]
    with pytest.raises(OSError, match="No such file"):
        exchange(tmp_path / "a", tmp_path / "nowhere")


def test_an_error_on_the_way_leaves_the_old_folder(tmp_path):
    """Whatever was raised is raised again; the old content stands and nothing half made lies beside it."""
    to = tmp_path / "to"
    with swapped_in(to, always) as folder:
        (folder / "what").write_text("old")
    with pytest.raises(ZeroDivisionError), swapped_in(to, always) as folder:
        (folder / "what").write_text(f"new {1 / 0}")
    assert (to / "what").read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["to"]


def test_two_at_once_are_one_too_many(tmp_path):
    """The second is told so; the first ends as if nothing had been."""
    to = tmp_path / "to"
    with swapped_in(to, always) as folder:
        (folder / "what").write_text("first")
        with pytest.raises(ArchiveError, match="another program"), swapped_in(to, always):
            pytest.fail("two wrote at once")
    assert (to / "what").read_text() == "first"


def test_what_an_ended_attempt_left_is_swept(tmp_path):
    """Files and folders of a process that was killed do not get into the next folder."""
    left = tmp_path / ".to.making"
    (left / "deep").mkdir(parents=True)
    (left / "deep/half").write_text("half")
    (left / "half").write_text("half")
    with swapped_in(tmp_path / "to", always) as folder:
        (folder / "what").write_text("whole")
    assert [one.name for one in (tmp_path / "to").iterdir()] == ["what"]
