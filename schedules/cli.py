"""The command `optout`: its group, its options, and what becomes of every error.

Holds no work of its own. Exit status: 0 complete, 1 incomplete or unsound, 2 wrong usage; `verify` has its own.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

import click

from archive.database import ArchiveError
from archive.notes import NoteError, checked_name
from archive.verify_codes import NOT_RUN
from schedules.commands import Commands
from schedules.deposit import DepositError
from schedules.logs import open_log
from schedules.options import INCOMPLETE, USAGE, Options, software_name
from schedules.series import checked_contact
from schedules.stopping import StoppedError
from scraper.errors import DefinitionError, ScraperError


def _contact(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    if value is not None and checked_contact(value) is None:
        raise click.BadParameter(f"found {value!r}; expected a mail address or a web address, such as you@example.org")
    return value and checked_contact(value)


def _origin(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    try:
        return value and checked_name(value)
    except NoteError as error:
        raise click.BadParameter(str(error)) from error


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(message="%(version)s", version=software_name())
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), default=Path("data"), show_default="./data",
              help="Directory of the archive: archive.db, the evidence, and optouts.db, the reading copy.")  # fmt: skip
@click.option("--schedules", type=click.Path(file_okay=False, path_type=Path), default=None, show_default="those of the program",
              help="Folder of series files, one TOML file each.")  # fmt: skip
@click.option("--contact", envvar="OPTOUT_CONTACT", show_envvar=True, callback=_contact, default=None,
              help="Mail or web address by which the publisher can reach you; part of the User-Agent.")  # fmt: skip
@click.option("--origin", envvar="OPTOUT_ORIGIN", show_envvar=True, callback=_origin, default=None,
              help="Name for the log of a new archive, such as optouts.example.org/log; kept for ever.")  # fmt: skip
@click.option("--anchors", type=click.Path(dir_okay=False, path_type=Path), envvar="OPTOUT_ANCHORS", show_envvar=True,
              default=None, show_default="anchors.toml in the data folder",
              help="File that names time-stamp authorities and a mirror.")  # fmt: skip
@click.option("--alarms", type=click.Path(dir_okay=False, path_type=Path), envvar="OPTOUT_ALARMS", show_envvar=True,
              default=None, show_default="alarms.toml in the data folder",
              help="File that says whom to tell what goes wrong; without it nobody is told.")  # fmt: skip
@click.option("--quiet", is_flag=True, help="No progress on standard error.")
@click.pass_context
def cli(context: click.Context, /, **given: Any) -> None:
    """Keep what is published about the National Data Opt-out, exactly as it was served, and show it.

    \b
    Examples:
      optout up                               poll, keep polling, and serve on http://127.0.0.1:8001/
      optout poll --create                    one look at whatever is due, into a new archive
      optout status                           how each series stands
      optout look https://digital.nhs.uk/...  what we understand of one page
    """  # noqa: D301 - click keeps the lines after this character as they are
    context.obj = Options(**given)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status; what a user or the publisher did wrong is a line, never a traceback."""
    try:
        return int(
            cli.main(args=None if arguments is None else list(arguments), prog_name="optout", standalone_mode=False)
            or 0
        )
    except click.ClickException as error:
        error.show()
        return NOT_RUN if error.exit_code == NOT_RUN else USAGE  # `verify` has another meaning for USAGE
    except (DefinitionError, DepositError, ScraperError, ArchiveError) as error:
        return _refuse(error, USAGE if isinstance(error, (DefinitionError, DepositError)) else INCOMPLETE)
    except (StoppedError, KeyboardInterrupt, click.Abort):
        return _refuse("Ended before the work was done; what was kept stays, the rest is done next time.", INCOMPLETE)
    except BrokenPipeError:
        # Whoever read our output has gone. What is still buffered must not fail once more when the program ends.
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return INCOMPLETE
    except (OSError, sqlite3.OperationalError) as error:
        if not _is_of_the_machine(error):
            raise
        return _refuse(
            f"This machine did not let it be done: {error}. What was kept stays; look at the space left, the limit on open "
            "files, and who may write there.",
            INCOMPLETE,
        )


def _is_of_the_machine(error: OSError | sqlite3.OperationalError) -> bool:
    """Whether the machine refused: a statement that SQLite does not understand is a fault of ours, and stays one."""
    refusals = ("SQLITE_CANTOPEN", "SQLITE_IOERR", "SQLITE_FULL", "SQLITE_READONLY")
    return isinstance(error, OSError) or getattr(error, "sqlite_errorname", "").startswith(refusals)


def _refuse(error: object, exit_status: int) -> int:
    click.echo(f"optout: {error}", err=True)
    return exit_status


def main() -> NoReturn:
    """The entry point of the installed command."""
    open_log(json_lines=False, color=sys.stderr.isatty())
    sys.exit(run())


if __name__ == "__main__":
    main()
