"""`polyclinic demo`: believable chains on this machine, from nothing to a page that answers."""

from __future__ import annotations

import os
from pathlib import Path

import click

from polyclinic.demo.processes import ChildEnded
from polyclinic.demo.running import Wishes, run
from polyclinic.demo.stopping import stop_signals
from polyclinic.kit.config import ConfigError
from polyclinic.kit.embedded_postgres_programs import EmbeddedPostgresError
from polyclinic.kit.errors import PolyclinicError


@click.command()
@click.option("--port", envvar="DEMO_PORT", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--data", "folder", envvar="POLYCLINIC_DATA", default=".demo", show_default=True, help="Data folder.")
@click.option("--json", "json_path", envvar="DEMO_JSON", default="", help="Also write address and sign-ins here.")
@click.option("--reset", envvar="RESET", is_flag=True, help="Start afresh.")
@click.option("--scale", envvar="DEMO_SCALE", default=1.0, type=click.FloatRange(0.05, 1), help="A part of the data.")
def demo(*, port: int, folder: str, json_path: str, reset: bool, scale: float) -> None:
    """Run a demo chain on this machine until Ctrl-C; its data are kept for the next time."""
    target = Path(json_path).absolute() if json_path else None
    wishes = Wishes(port, Path(folder).absolute(), target, reset, scale)
    try:
        with stop_signals() as signals:
            run(wishes, os.environ, signals)
    except KeyboardInterrupt:
        click.echo("\nStopped.")
    except (ConfigError, EmbeddedPostgresError, PolyclinicError, ChildEnded, TimeoutError) as error:
        raise click.ClickException(str(error)) from error
