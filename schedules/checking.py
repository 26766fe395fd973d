"""The command that answers where a number from a newspaper was published: `optout check NUMBER`.

Reads the reading copy, writes nothing, and holds no search of its own.
"""

from __future__ import annotations

import click

from archive.quotes import find_quote
from archive.standing import reading_copy_for_status
from schedules.options import COMPLETE, Options, json_option
from schedules.telling import as_json


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("number", nargs=-1, required=True)
@click.option(
    "--most",
    type=click.IntRange(1, 1000),
    default=5,
    show_default=True,
    help="Matches told of each kind; all are counted.",
)
@json_option
@click.pass_obj
def check(options: Options, number: tuple[str, ...], most: int, json_wanted: bool) -> int:
    """Say where NUMBER was published, in which file, and since when; or what comes nearest to it.

    NUMBER is a count, a change between two months, a rounded number or a percentage. Exit status 0 also where it was not
    published: the question was answered.

    \b
    Examples:
      optout check 1275153
      optout check over 3 million
      optout check --json 5.4%
    """  # noqa: D301 - click keeps the lines after this character as they are
    copy = reading_copy_for_status(options.data)
    try:
        answer = find_quote(copy, " ".join(number), most=most)
    except ValueError as surprise:
        raise click.UsageError(f"NUMBER: {surprise}.") from surprise
    finally:
        copy.close()
    told = {
        "is_published": answer.is_published,
        "asked": answer.asked,
        "found": answer.found,
        "nearest": answer.nearest,
    }
    click.echo(as_json(told) if json_wanted else "\n".join(answer.lines()))
    return COMPLETE
