#!/usr/bin/env python3
"""Checks the evidence pack it lies in, with Python's standard library and the program `openssl` alone.

Changes nothing, asks no network, and never takes a hash that the pack states of itself for a proof of where it came from.
Codes are permanent: E-BAG is about the files as a bag, E-PCK about leaves, proofs, keys, signatures and time stamps.

    python3 verify_pack.py [FOLDER]      exit status: 0 sound, 1 broken, 3 not everything could be checked
"""

from __future__ import annotations

import base64
import calendar
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import textwrap
import time
from typing import Any

ALGORITHMS = ("sha256", "sha512")
KEY_IN_DER = bytes.fromhex("302a300506032b6570032100")
# RFC 8032, section 7.1, test 2: an openssl that does not find this signature good cannot check any.
KNOWN_KEY = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
KNOWN_SIGNATURE = bytes.fromhex(
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
)
Leaf = dict[str, Any]
NO_FILE = dict.fromkeys(ALGORITHMS, "not a plain, readable file")


class Pack:
    """The files of a pack, each with its hashes, and what was found wrong with them."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.wrong: list[str] = []
        self.files: dict[str, dict[str, str]] = {}
        for parent, folders, names in os.walk(folder):
            for name in names + [one for one in folders if os.path.islink(os.path.join(parent, one))]:
                path = os.path.relpath(os.path.join(parent, name), folder).replace(os.sep, "/")
                self.files[path] = NO_FILE  # a link or a device is no evidence: it is never opened
                if os.path.isfile(os.path.join(parent, name)) and not os.path.islink(os.path.join(parent, name)):
                    content = self.read(path, known=True)
                    self.files[path] = {one: hashlib.new(one, content).hexdigest() for one in ALGORITHMS}

    def read(self, path: str, known: bool = False) -> bytes:
        """The bytes of a file; none where it is missing, which the manifests tell."""
        if not known and self.files.get(path, NO_FILE) is NO_FILE:
            return b""
        with open(os.path.join(self.folder, *path.split("/")), "rb") as file:
            return file.read()

    def under(self, folder: str, ending: str = "") -> list[str]:
        return sorted(path for path in self.files if path.startswith(folder) and path.endswith(ending))

    def say(self, code: str, path: str, words: str) -> None:
        self.wrong.append(f"{code} {path}: {words}")


def check_manifests(pack: Pack, kind: str, covered: set[str]) -> None:
    """Every file is there, none was added, none changed: by both manifests, so that a changed manifest shows too."""
    stated = {name: read_manifest(pack, f"{kind}-{name}.txt") for name in ALGORITHMS}
    for path in sorted(covered.union(*stated.values())):
        wrong = [name for name in ALGORITHMS if stated[name].get(path) != pack.files.get(path, {}).get(name)]
        if len(wrong) == 1:
            pack.say(
                "E-BAG-04",
                f"{kind}-{wrong[0]}.txt",
                f"says of {path} what neither the file nor the other manifest says",
            )
        elif wrong and path not in pack.files:
            pack.say("E-BAG-01", path, "missing")
        elif wrong and not any(path in one for one in stated.values()):
            pack.say("E-BAG-02", path, "added: no manifest names it")
        elif wrong:
            pack.say("E-BAG-03", path, "changed: it has other hashes than the manifests state")


def read_manifest(pack: Pack, path: str) -> dict[str, str]:
    text = pack.read(path)
    pairs = [line.split("  ", 1) for line in text.decode("utf-8", "replace").split("\n") if "  " in line]
    stated = {name: digest for digest, name in pairs}
    if not text or "".join(f"{digest}  {name}\n" for name, digest in sorted(stated.items())).encode() != text:
        pack.say("E-BAG-04", path, "missing, or not as it was written: a line for each file, in order")
    return stated


def root_from(leaf: bytes, index: int, size: int, siblings: list[bytes]) -> bytes | None:
    """The root of the tree to which a proof leads from a leaf (RFC 9162, 2.1.3.2); None where its length does not fit."""
    place, last, found = index, size - 1, hashlib.sha256(b"\x00" + leaf).digest()
    for sibling in siblings:
        if last == 0 or len(sibling) != 32:
            return None
        is_right = place % 2 == 1 or place == last
        found = hashlib.sha256(b"\x01" + (sibling + found if is_right else found + sibling)).digest()
        while is_right and place and place % 2 == 0:
            place, last = place // 2, last // 2
        place, last = place // 2, last // 2
    return found if last == 0 and 0 <= index < size else None


def check_proofs(pack: Pack, folder: str) -> dict[int, Leaf]:
    """The leaves that the proofs of a folder show to lie under the checkpoint beside them, by their place in the log."""
    note, leaves = pack.read(folder + "checkpoint.txt"), {}
    for path in pack.under(folder, ".tlog-proof"):
        leaf = pack.read("data/log/" + path[len(folder) : -len("tlog-proof")] + "json")
        try:
            head, _, inside = pack.read(path).partition(b"\n\n")
            lines = head.decode().split("\n")
            index = int((re.fullmatch(r"index (0|[1-9][0-9]*)", lines[1]) or ["", "-1"])[1])
            siblings = [base64.b64decode(line, validate=True) for line in lines[2:]]
            size, root = int(note.split(b"\n")[1]), base64.b64decode(note.split(b"\n")[2], validate=True)
            named = lines[0] == "c2sp.org/tlog-proof@v1" and path == f"{folder}{index:09}.tlog-proof"
            if not named or inside != note or root_from(leaf, index, size, siblings) != root:
                raise ValueError("it does not lead from its leaf in data/log to the root of the checkpoint beside it")
            leaves[index] = dict(json.loads(leaf))
        except (ValueError, IndexError) as error:
            pack.say("E-PCK-01", path, f"proves nothing: {error}")
    return leaves


def check_contents(pack: Pack, leaves: dict[int, Leaf]) -> list[str]:
    """Bodies, heads, long texts against the leaves that state them; SHA-256 of what is named without its bytes."""
    for path in pack.under("data/log/", ".json"):
        if int(re.sub(r"\D", "", path) or -1) not in leaves:
            pack.say("E-PCK-02", path, "no proof shows this leaf to be in the log")
    bodies = {leaf.get("sha256") for leaf in leaves.values() if leaf.get("kind") == "snapshot"}
    texts = {
        value["sha256"]
        for leaf in leaves.values()
        for value in leaf.values()
        if isinstance(value, dict) and "sha256" in value
    }
    held = {}
    for folder, stated in (*((one, bodies) for one in ("files", "pages", "answers", "wire")), ("long", texts)):
        for path in pack.under(f"data/{folder}/"):
            held[pack.files[path]["sha256"]] = path
            if pack.files[path]["sha256"] not in stated:
                pack.say("E-PCK-03", path, "no proved leaf names bytes with this SHA-256")
    for path in pack.under("data/heads/"):
        place, _, which = path[len("data/heads/") : -len(".txt")].partition("-")
        stated = leaves.get(int(place) if place.isdigit() else -1, {}).get(f"{which}_head", {})
        if pack.read(path).decode("latin-1") != stated.get("latin1") and pack.files[path]["sha256"] != stated.get(
            "sha256"
        ):
            pack.say("E-PCK-04", path, "is not the head that its leaf states")
    return sorted(str(one) for one in bodies - set(held))


def openssl(arguments: list[str], **files: bytes) -> subprocess.CompletedProcess[bytes]:
    """Run openssl in a folder of its own that holds these files."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            with open(os.path.join(folder, name), "wb") as file:
                file.write(content)
        quiet = {**os.environ, "LC_ALL": "C", "OPENSSL_CONF": os.devnull}
        return subprocess.run(["openssl", *arguments], cwd=folder, env=quiet, capture_output=True, check=False)


def pem_of(key: bytes) -> bytes:
    return b"-----BEGIN PUBLIC KEY-----\n" + base64.b64encode(KEY_IN_DER + key) + b"\n-----END PUBLIC KEY-----\n"


def is_signed(key: bytes, text: bytes, signature: bytes) -> bool:
    ask = ["pkeyutl", "-verify", "-pubin", "-inkey", "key", "-rawin", "-in", "text", "-sigfile", "signature"]
    return openssl(ask, key=pem_of(key), text=text, signature=signature).returncode == 0


def can_check() -> bool:
    try:
        return is_signed(KNOWN_KEY, b"\x72", KNOWN_SIGNATURE)
    except OSError:
        return False


def read_keys(pack: Pack, leaves: dict[int, Leaf]) -> dict[tuple[str, bytes], bytes]:
    """Keys by name and ID that the log announced; the PEM beside each must hold the same one."""
    announced = {leaf.get("verifier") for leaf in leaves.values() if leaf.get("kind") == "key"}
    keys = {}
    for path in pack.under("data/keys/", ".txt"):
        text, pem = pack.read(path).decode("utf-8", "replace"), pack.read(path[:-4] + ".pem")
        try:
            name, key_id, encoded = text.strip().split("+", 2)
            raw = base64.b64decode(encoded, validate=True)
            keys[name, hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]] = raw[1:]
            if (
                pem != pem_of(raw[1:])
                or text.strip() not in announced
                or (name, bytes.fromhex(key_id)) not in keys
                or raw[:1] != b"\x01"
            ):
                raise ValueError("its text, its PEM and the leaf that announced it differ")
        except ValueError as error:
            pack.say("E-PCK-05", path, f"is no key of this log: {error}")
    return keys


def check_note(pack: Pack, path: str, keys: dict[tuple[str, bytes], bytes]) -> list[str]:
    """IDs of the keys that signed a checkpoint: each signature of a key we know must be good, and there must be one."""
    text, _, signatures = pack.read(path).rpartition(b"\n\n")
    good = []
    for line in re.findall(
        "^\N{EM DASH} (\\S+) ([A-Za-z0-9+/]+=*)$", signatures.decode("utf-8", "replace"), re.MULTILINE
    ):
        raw = base64.b64decode(line[1] + "===")
        key = keys.get((line[0], raw[:4]))
        if key and is_signed(key, text + b"\n", raw[4:]):
            good.append(raw[:4].hex())
        elif key:
            pack.say("E-PCK-06", path, f"the signature of key {raw[:4].hex()} is not good")
    if not good:
        pack.say("E-PCK-07", path, "no key of this log has signed it")
    return good


def check_anchor(pack: Pack, folder: str, keys: dict[tuple[str, bytes], bytes]) -> str:
    """What an outside party said of a checkpoint, in words: a time stamp over it must hold at the time that it states."""
    leaves = check_proofs(pack, folder)
    check_note(pack, folder + "checkpoint.txt", keys)
    party = " ".join(pack.read(folder + "party.txt").decode("utf-8", "replace").split("\n")[:2])
    if folder + "token.der" not in pack.files:
        return f"{party} is said to hold the checkpoint over {len(leaves)} of these leaves; ask there, nothing here proves it"
    names = {"token": "token.der", "chain": "chain.pem", "note": "checkpoint.txt"}
    files = {name: pack.read(folder + path) for name, path in names.items()}
    said = openssl(["ts", "-reply", "-in", "token", "-token_in", "-text"], **files).stdout.decode("utf-8", "replace")
    when = re.search(r"^Time stamp: (\w{3} +\d+ \d\d:\d\d:\d\d)(?:\.\d+)? (\d{4}) GMT$", said, re.MULTILINE)
    at = calendar.timegm(time.strptime(f"{when[1]} {when[2]}", "%b %d %H:%M:%S %Y")) if when else 0
    ask = ["ts", "-verify", "-data", "note", "-in", "token", "-token_in", "-CAfile", "chain", "-attime", str(at)]
    if not when or openssl(ask, **files).returncode != 0:
        pack.say("E-PCK-08", folder + "token.der", "is not a good time stamp over the checkpoint beside it")
        return f"{party}: not good"
    return f"{party} stamped the checkpoint over {len(leaves)} of these leaves at {when[1]} {when[2]} GMT"


def main(folder: str) -> int:
    try:
        return check(folder)
    except OSError as error:
        print(f"NOT CHECKED: {error}")
        return 3
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        print(f"BROKEN: something here has not the form that it has in a pack ({error})")
        return 1


def check(folder: str) -> int:
    if not os.path.isdir(os.path.join(folder, "data", "log")):
        print(f"NOT CHECKED: {folder} is no evidence pack; expected the folder that holds README.txt and data/log")
        return 3
    pack, signers, anchors = Pack(folder), [], {}  # type: Pack, list[str], dict[str, str]
    payload = {path for path in pack.files if path.startswith("data/")}
    check_manifests(pack, "manifest", payload)
    check_manifests(pack, "tagmanifest", set(pack.files) - payload - {f"tagmanifest-{name}.txt" for name in ALGORITHMS})
    leaves = check_proofs(pack, "data/log/")
    named = check_contents(pack, leaves)
    keys = read_keys(pack, leaves)
    has_openssl = can_check()
    if has_openssl:
        signers = check_note(pack, "data/log/checkpoint.txt", keys)
        folders = sorted({path.rpartition("/")[0] + "/" for path in pack.under("data/anchors/")})
        anchors = {one: check_anchor(pack, one, keys) for one in folders}
    print(f"Hashes: {len(pack.files)} files checked. Log: {len(leaves)} leaves lie under its checkpoint.")
    if has_openssl:
        print(f"Signed by the key {' and '.join(signers) or '(none)'}. Compare it with one from elsewhere.")
    else:
        print(
            "The signature was NOT checked, nor any time stamp: found no `openssl` that knows Ed25519 (1.1.1 or newer)."
        )
    why = {leaf.get("sha256"): leaf.get("reason") for leaf in leaves.values() if leaf.get("kind") == "takedown"}
    lines = [f"Named by its hash alone: {one}{f' (withheld: {why[one]})' if one in why else ''}" for one in named]
    for line in lines + [f"Anchor: {said}" for said in anchors.values()] + pack.wrong:
        print(line)
    if pack.wrong:
        print("BROKEN: what is named above does not hold, and nothing that depends on it is proved.")
        return 1
    if not has_openssl:
        print("NOT CHECKED WHOLE: the files agree with one another; who signed them was not checked.")
        return 3
    is_anchored = any("stamped" in said for said in anchors.values())
    print("SOUND." if is_anchored else "SOUND, but NOT ANCHORED: nothing in this pack shows when it was recorded.")
    print(textwrap.fill(pack.read("data/promise.txt").decode("utf-8", "replace"), 110))
    print("README, metadata and tables are what the archive says about the evidence: they are not in its log.")
    return 0


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))))
