"""The command: each verb imports the layers that it needs, does one thing, and ends with what happened.

Exit codes: 0 done; 1 the honest answer is no (a refused model, mismatches found); 2 wrong input or
options; 3 done, but some leads could not be scored (each says why in its `error` column).
"""

from __future__ import annotations

import atexit
import gc
import os
from typing import Any

import click

from leadscore.options import WRONG_INPUT, disk_words
from leadscore.verbs import VERBS

_NEW_OBJECTS = 200_000
"""So many new objects, some 20 MB, before Python looks for garbage; its own 700 suit small programs."""


_OF_TRAINING = ("training", "data", "mlflow", "optuna")
_NO_TRAINING = "training is not installed here: an image scores.\n\nInstall leadscore whole, and train there."


class Verbs(click.Group):
    """The group of verbs; what its reader can solve is told in a sentence, with exit code 2."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except Exception as error:
            from features.errors import LeadscoreError  # late: '--help' imports no layer
            from features.room import room_ended

            error = room_ended(error) or error
            if isinstance(error, OSError) and not isinstance(error, BrokenPipeError):
                click.echo(f"Error: {disk_words(error)}", err=True)
            elif isinstance(error, ModuleNotFoundError) and error.name in _OF_TRAINING:
                click.echo(f"Error: {_NO_TRAINING}", err=True)
            elif isinstance(error, LeadscoreError):
                click.echo(f"Error: {error}", err=True)
            else:
                raise
            ctx.exit(WRONG_INPUT)


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="leadscore")
def main() -> None:
    """Score leads: the probability that each converts, why, and what to do next.

    \b
    A first look:     leadscore demo
    Your own export:  leadscore init leads.csv -o recipe.toml && leadscore train recipe.toml
    """
    # Before numpy is imported: two threads on two shared cores take ten times as long as one. And nobody is
    # told what is done here.
    for name, value in {
        "OMP_NUM_THREADS": "1",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "BENTOML_DO_NOT_TRACK": "true",
    }.items():
        os.environ.setdefault(name, value)
    # What is imported and loaded stays: Python's collector would look through it a hundred times, which is a
    # fifth of the time that a small export takes.
    gc.set_threshold(_NEW_OBJECTS, *gc.get_threshold()[1:])
    # At its end Python would look through all of it once more: seconds between the last line and the prompt.
    atexit.register(gc.freeze)


for verb in VERBS:
    main.add_command(verb)
