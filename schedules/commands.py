"""Which commands there are, and where each is written: one is imported when it is asked for, not before.

Does nothing else. A poll should not wait until the program has read what only proof packs or a browser need.
"""

from __future__ import annotations

from importlib import import_module

import click

COMMANDS = {
    "up": "running",
    "poll": "running",
    "status": "holdings",
    "serve": "running",
    "schedule": "running",
    "look": "holdings",
    "deposit": "holdings",
    "reread": "holdings",
    "rebuild": "holdings",
    "check": "checking",
    "key": "key_commands",
    "anchor": "anchor_commands",
    "mirror": "anchor_commands",
    "backup": "keeping",
    "restore": "keeping",
    "takedown": "keeping",
    "pack": "packing",
    "export": "exporting",
    "verify": "verifying",
    "annotate": "annotating",
    "alarm": "alarm_commands",
    "quarantine": "quarantining",
}
"""The module of this room in which each command stands."""
OTHER_NAMES = {"verify": "verify_command"}
"""What a command is called inside its module where a function of ours has its name already."""


class Commands(click.Group):
    """All of them, each imported when it is run or explained."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - as click calls it
        """Their names, in the order of the alphabet."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as click calls it
        """One of them; None where there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"schedules.{COMMANDS[cmd_name]}")
        command: click.Command = getattr(module, OTHER_NAMES.get(cmd_name, cmd_name))
        return command
