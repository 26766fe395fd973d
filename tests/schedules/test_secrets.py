"""A story of what must never leave the machine: keys and passwords are in nothing that is served, copied or handed on."""

from __future__ import annotations

import json
import zipfile

import pytest

from schedules.cli import run
from tests.archive.visitor import Visitor
from tests.made_up import age_gen
from tests.publisher import Publisher
from tests.receivers import alarms_toml

PASSWORD, TOKEN = "planted-pass-word", "planted-tok-en"


@pytest.mark.fault("S18")
def test_no_secret_is_in_anything_that_is_handed_on(archive, hook, post_office, tmp_path, capfd):
    """The signing key, a webhook's address and a mail password: not in copy, mirror, exports, packs, backup, pages or lines."""
    archive.directory.mkdir()
    hook_url, mail = f"{hook.url}/{TOKEN}", f'user = "me"\npassword = "{PASSWORD}"\n'
    stated = alarms_toml(hook, post_office, heartbeat=hook_url).replace(f'"{hook.url}"', f'"{hook_url}"')
    (archive.directory / "alarms.toml").write_text(stated.replace("[[mail]]\n", f"[[mail]]\n{mail}"), "utf-8")
    assert PASSWORD in (archive.directory / "alarms.toml").read_text("utf-8")
    common = ["--data", str(archive.directory), "--schedules", str(archive.schedules)]
    with Publisher() as publisher:
        files = [("By age", "NDOP_age_gen_Jul_2021.csv", age_gen(["2021-06-01"]))]
        publisher.publish("july-2021", "National Data Opt-out, July 2021", "2021-07-29", files)
        publisher.series_file(archive.schedules, attempts=1)
        for status, *command in (
            (0, "poll", "--create", "national-data-opt-out"),
            (0, "mirror", "--bodies", "--to", str(tmp_path / "out" / "mirror")),
            (0, "backup", str(tmp_path / "out" / "backup")),
            (0, "export", "tables", "--to", str(tmp_path / "out" / "tables")),
            (0, "export", "warc", "--to", str(tmp_path / "out" / "all.warc")),
            (0, "pack", "release", "national-data-opt-out/july-2021", "--to", str(tmp_path / "out" / "pack.zip")),
            (0, "status", "--json"),
        ):
            assert run([*common, *command]) == status, command
        publisher.redesign()
        assert run([*common, "poll", "--all"]) == 1
    key = (archive.directory / "signer" / "key.pem").read_bytes()
    secrets = [PASSWORD.encode(), TOKEN.encode(), b"PRIVATE KEY", key.splitlines()[1]]
    with zipfile.ZipFile(tmp_path / "out" / "pack.zip") as pack:
        pack.extractall(tmp_path / "out" / "pack")
    handed_on = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    handed_on += [path for path in archive.directory.iterdir() if path.name.startswith(("archive.db", "optouts.db"))]
    assert len(handed_on) > 40
    for path in handed_on:
        assert not any(secret in path.read_bytes() for secret in secrets), path
    with Visitor(archive.directory) as visitor:
        for page in (
            "/",
            "/status",
            "/optouts",
            "/-/metadata.json",
            "/-/settings.json",
            "/-/healthz",
            "/optouts/findings.json",
        ):
            assert not any(secret in visitor.get(page).content for secret in secrets), page
    assert {one.get("event") for one in hook.said()} == {None, "alarm"}
    said = "".join(capfd.readouterr()) + json.dumps(hook.said())
    assert not any(secret.decode() in said for secret in secrets)
