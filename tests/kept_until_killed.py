"""Kills writers by the hundred: a warm process forks one after the other, each is killed at a random moment, and all is looked at.

Prints what it saw as JSON; fetches nothing, and ends by itself. Ends with an error at the first thing that is lost.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

from archive.backup import back_up, refuse_altered
from archive.checkpoints import rotate_key, sign_log
from archive.database import open_evidence, read_evidence
from archive.restore import Wish, from_backup, restore
from archive.soundness import refuse_unsound
from archive.store import close_interrupted, end_poll
from tests.archive.made_captures import NOW, new_archive, poll, record

ACTS = ("poll", "sign", "backup", "restore")
KILLS_PER_ARCHIVE = 20
ROUND = {"poll": "note", "sign": "note", "backup": "backed up", "restore": "note"}
"""What an act says when it has come round once."""


def say(pipe: int, *words: object) -> None:
    """One line, in one piece: whoever is killed after it has said it."""
    os.write(pipe, (json.dumps(words) + "\n").encode())


def act_poll(root: Path, pipe: int, chance: random.Random) -> None:
    """Polls with new and known bodies, as fast as they go, each closed and signed."""
    with open_evidence(root / "data") as evidence:
        close_interrupted(evidence.db, NOW)
        while True:
            number = poll(evidence.db)
            for index in range(3):
                body = chance.randbytes(chance.randrange(20_000)) if index else b"the same again"
                kept = record(evidence.db, number, body, address=f"https://files.example/{index}.csv")
                say(pipe, "capture", kept.capture_id, kept.sha256)
            end_poll(evidence.db, number, "complete", NOW, None, "Made up.")
            say(pipe, "note", sign_log(evidence).note)


def act_sign(root: Path, pipe: int, chance: random.Random) -> None:
    """Hardly anything but signing, and new keys in between."""
    with open_evidence(root / "data") as evidence:
        while True:
            poll(evidence.db)
            say(pipe, "note", (rotate_key(evidence, "made up") if chance.random() < 0.2 else sign_log(evidence)).note)


def act_backup(root: Path, pipe: int, chance: random.Random) -> None:
    """One backup after the other."""
    while True:
        folder = root / "backups" / f"{chance.randrange(10**9)}"
        done = back_up(root / "data", folder, with_key=chance.random() < 0.5, software="made-up/1", now=NOW)
        say(pipe, "backed up", folder.name, done.sound.size)


def act_restore(root: Path, pipe: int, chance: random.Random) -> None:
    """The newest state backed up and put in place of itself, again and again, and signed."""
    while True:
        folder = root / "backups" / f"{chance.randrange(10**9)}"
        back_up(root / "data", folder, with_key=False, software="made-up/1", now=NOW)
        now = f"2021-08-05T09:35:00.{chance.randrange(10**6):06}Z"
        done = restore(root / "data", from_backup(folder), Wish("made up", None, [], now))
        say(pipe, "restored", done.size)
        with open_evidence(root / "data") as evidence:
            say(pipe, "note", sign_log(evidence).note)


class Watch:
    """What was acknowledged of one archive, held against it after every kill."""

    def __init__(self, root: Path) -> None:
        self.root, self.seen = root, Counter[str]()
        self.captures: dict[int, str] = {}
        self.notes: dict[tuple[str, str], str] = {}
        self.size = 0
        with new_archive(root / "data") as evidence:
            sign_log(evidence)

    def hear(self, kind: str, *words: object) -> None:
        """One acknowledgement."""
        self.seen[kind] += 1
        if kind == "capture":
            self.captures[int(str(words[0]))] = str(words[1])
        elif kind == "note":
            self.note(str(words[0]))
        elif kind == "backed up":
            refuse_altered(self.root / "backups" / str(words[0]))

    def note(self, note: str) -> None:
        """A signed note from anywhere: of one size there is one."""
        origin, size, _ = note.split("\n", 2)
        assert self.notes.setdefault((origin, size), note) == note, f"two checkpoints of {size}"

    def look(self) -> None:
        """After a kill: recovered, sound, nothing acknowledged lost, no shorter than before, one note for each size."""
        data = self.root / "data"
        self.seen["journals"] += (data / "archive.db-journal").exists()
        self.seen["leftovers"] += len([*data.glob("restoring"), *(self.root / "backups").glob("*.backup-making")])
        open_evidence(data).close()
        sound = refuse_unsound(data)
        assert sound.size >= self.size, f"{sound.size} facts, {self.size} before"
        self.size = sound.size
        with closing(read_evidence(data)) as db:
            kept = dict(db.execute("SELECT capture_id, sha256 FROM captures").fetchall())
            notes = dict(db.execute("SELECT size, note FROM checkpoints").fetchall())
        assert self.captures.items() <= kept.items(), "a capture was acknowledged and is not there"
        for note in notes.values():
            self.note(note)
        self.note(json.loads((data / "signer" / "state.json").read_text())["note"])
        for folder in (self.root / "backups").glob("[0-9]*[0-9]"):
            refuse_altered(folder)
            self.seen["backups"] += 1
            shutil.rmtree(folder)
        for path in data.glob("archive.db.before-*"):
            path.unlink()


def seconds_of(name: str, place: Path) -> float:
    """How long an act takes to come round once on this machine, so that kills fall into all of it and not behind it."""
    with tempfile.TemporaryDirectory(dir=place) as folder:
        root = Path(folder)
        (root / "backups").mkdir()
        Watch(root)
        began = time.monotonic()
        killed(root, name, random.Random(0), until=ROUND[name])
        return time.monotonic() - began


def killed(
    root: Path, name: str, chance: random.Random, seconds: float = 0.0, until: str | None = None
) -> list[list[object]]:
    """What a child acknowledged before it was killed after so many seconds, counted from a word that it said."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            globals()[f"act_{name}"](root, writing, chance)
        except BaseException as error:  # noqa: BLE001 - told to the parent, whatever it is
            say(writing, "failed", f"{type(error).__name__}: {error}")
        os._exit(1)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as pipe:
        said: list[list[object]] = []
        while until and (not said or said[-1][0] not in {until, "failed"}):
            said.append(json.loads(pipe.readline()))
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
        said += [json.loads(line) for line in pipe if line.endswith("\n")]
    os.waitpid(child, 0)
    return said


def main(root: Path, seed: int, kills: int) -> None:
    """So many kills over as many archives as it takes, and what was seen on the way."""
    chance, total, watch = random.Random(seed), Counter[str](), None
    longest = {name: 2 * seconds_of(name, root) for name in ACTS}
    for kill in range(kills):
        if watch is None or kill % KILLS_PER_ARCHIVE == 0:
            place = root / str(kill)
            (place / "backups").mkdir(parents=True)
            watch = Watch(place)
        name = ACTS[kill % len(ACTS)]
        # Every other one comes round once first, however slow the machine is at this moment, and is killed in its next round.
        until = ROUND[name] if kill // len(ACTS) % 2 else None
        for kind, *words in killed(watch.root, name, chance, chance.uniform(0.0, longest[name]), until):
            assert kind != "failed", words
            watch.hear(str(kind), *words)
        watch.look()
        total[name] += 1
        if (kill + 1) % KILLS_PER_ARCHIVE == 0 or kill + 1 == kills:
            total.update(watch.seen)
            total["sizes signed"] += len(watch.notes)
            shutil.rmtree(watch.root)
    print(json.dumps(total))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
