"""Several servers over one archive: each on a port of its own, none of them polls, and a load beside them disturbs no reader."""

from __future__ import annotations

import json
import threading

import pytest

from archive.database import open_evidence
from archive.rows import Deposit
from archive.store import begin_poll, end_poll, record_deposit
from tests.archive.made_site import SLUG, filled_archive, read_again
from tests.archive.test_serve import asked, served
from tests.made_up import age_gen, months_to, res_geo

PATHS = ("/", "/area/england", "/optouts/age_sex_latest.json", "/optouts/files", "/-/healthz", "/releases")


@pytest.mark.fault("S04")
def test_two_servers_answer_without_an_error_while_releases_are_loaded(tmp_path):
    """Six releases are loaded one by one; every answer in that time is a 200, and afterwards both servers know all of them."""
    directory = filled_archive(tmp_path)
    with served(directory) as (_, one), served(directory) as (_, other):
        done, statuses = threading.Event(), []

        def read(place):
            while not done.is_set():
                statuses.extend(asked(place, path)[0] for path in PATHS)

        readers = [threading.Thread(target=read, args=(place,)) for place in (one, other)]
        for reader in readers:
            reader.start()
        try:
            _load(directory)
        finally:
            done.set()
            for reader in readers:
                reader.join()
        assert len(statuses) > 20
        assert set(statuses) == {200}
        counts = [json.loads(asked(place, "/-/healthz")[1])["counts"] for place in (one, other)]
        assert counts[0] == counts[1]
        assert counts[0]["releases"] == 8


def _load(directory):
    with open_evidence(directory) as evidence:
        for month in range(1, 7):
            poll = begin_poll(evidence.db, SLUG, "deposit", f"2023-0{month}-04T09:00:00.000000Z", "made-up/1", "0" * 64)
            months = months_to(f"2023-0{month}", 12)
            for name, body in (
                (f"NDOP_age_gen_{month}_2023.csv", age_gen(months)),
                (f"NDOP_res_geo_{month}_2023.csv", res_geo(months)),
            ):
                deposit = Deposit(SLUG, f"made-up-{month}", f"2023-0{month}-03", name, body, "made up for a test")
                record_deposit(evidence.db, poll, deposit, f"2023-0{month}-04T09:00:01.000000Z")
            end_poll(
                evidence.db,
                poll,
                "complete",
                f"2023-0{month}-04T09:01:00.000000Z",
                f"2023-0{month}-05T09:00:00.000000Z",
                "2 files.",
            )
            read_again(directory, evidence.db)
