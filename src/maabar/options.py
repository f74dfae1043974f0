"""Arguments and options that several commands share, each in one place."""

import pathlib
from typing import Annotated

import typer

from maabar import guard

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
Named = Annotated[str, typer.Argument(metavar="SCENARIO", help="A folder, or the name of a shipped scenario.")]
RunFolder = Annotated[pathlib.Path, typer.Argument(metavar="RUN", help="A run folder.")]
RunOut = Annotated[
    pathlib.Path | None, typer.Option(help="Folder of the run; one that was begun is finished. [default: runs/…]")
]
Workers = Annotated[
    int | None, typer.Option(parser=guard.whole, metavar="INTEGER", help="Threads. [default: all processors]")
]
PosteriorFolder = Annotated[
    pathlib.Path | None,
    typer.Option(metavar="DIR", help="Members of a calibration, from its folder, instead of draws from the priors."),
]
Members = Annotated[int, typer.Option(parser=guard.whole, metavar="INTEGER", help="Members of the posterior ensemble.")]
Seed = Annotated[int, typer.Option(parser=guard.whole, metavar="INTEGER", help="Seed of all random numbers.")]
Language = Annotated[str, typer.Option("--lang", metavar="[en|ar]", help="Language: English or Arabic.")]
Audience = Annotated[
    str,
    typer.Option(metavar="[public|partner|internal]", help="Who will read it; docs/harm.md says what each may see."),
]
