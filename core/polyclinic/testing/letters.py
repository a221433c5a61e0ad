"""What would leave the house, kept for the tests of plugins.

`letters`   the mails that plugins asked for, in order; none is sent
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

from polyclinic.plugins.context import Ctx
from polyclinic.plugins.ports import Letter, ports, use_ports


@pytest.fixture
def letters(app: Flask) -> Iterator[list[Letter]]:  # noqa: ARG001 -- building it hands the process its ports
    """Keep every `ctx.mail` of the test: each letter has `to`, `subject`, `text` and `attachments`."""
    before, kept = ports(), list[Letter]()

    def keep(_ctx: Ctx, letter: Letter) -> None:
        kept.append(letter)

    use_ports(replace(before, mail=keep))
    yield kept
    use_ports(before)
