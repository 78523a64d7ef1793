"""How a failure is told: the user's mistakes in words, a bug with its traceback, and an exit code for scripts."""

from __future__ import annotations

import functools
import shlex
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import typer

from hepdl.errors import HepdlError, Interrupted

DROPPED = ("-n", "--entries", "-o", "--output")
"""Options of a run that its shorter repetition replaces."""


@dataclass(frozen=True)
class Words:
    """The command line as it was typed: hepdl's words, then the script's own."""

    words: list[str] = field(default_factory=list)
    own: list[str] = field(default_factory=list)


def told(verb: Callable[..., None]) -> Callable[..., None]:
    """Turn what a verb raises into a message and an exit code: 1 for a mistake or a bug, 130 and 143 for a signal."""

    @functools.wraps(verb)
    def safe(*values: Any, **named: Any) -> None:
        try:
            verb(*values, **named)
        except Interrupted as end:
            typer.secho(str(end), fg="yellow", err=True)
            raise typer.Exit(143 if "SIGTERM" in str(end) else 130) from None
        except HepdlError as error:
            typer.secho("\n".join([f"{type(error).__name__}: {error}", *_notes(error)]), fg="red", err=True)
            _repeat(error, named.get("context"))
        except (typer.Exit, typer.Abort, typer.BadParameter):
            raise
        except Exception as error:
            traceback.print_exception(error)
            typer.echo("This is a bug of hepdl or of a plugin, not of your script; please report it.", err=True)
            _repeat(error, named.get("context"))
        else:
            return
        raise typer.Exit(1)

    return safe


def _notes(error: Exception) -> list[str]:
    return list(getattr(error, "__notes__", []))


def _repeat(error: Exception, context: typer.Context | None) -> None:
    """The last line of a failed run: its cause again, and how to see it on a few events."""
    if context is None:
        return
    typed = context.obj or Words()
    cause = str(error).split("\n", maxsplit=1)[0]
    typer.echo(f"failed: {type(error).__name__}: {cause}; again on 100 events: {short_run(typed)}", err=True)


def short_run(typed: Words) -> str:
    """The command that repeats a run on 100 events of each sample, in a folder of its own."""
    kept: list[str] = []
    words = iter(typed.words)
    for word in words:
        if word in DROPPED:
            next(words, None)
        elif not word.startswith(tuple(f"{option}=" for option in DROPPED)):
            kept.append(word)
    return shlex.join(["hepdl", *kept, "-n", "100", *(["--", *typed.own] if typed.own else [])])
