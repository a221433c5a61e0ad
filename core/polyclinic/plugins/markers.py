"""The pluggy markers and the version of the plugin contract."""

from __future__ import annotations

from typing import Final

import pluggy

CONTRACT_VERSION: Final = "1.1"
"""Version of the plugin contract; independent of the product's version."""

PROJECT: Final = "polyclinic"
"""pluggy's project name, under which specs and implementations find each other."""

ENTRY_POINT_GROUP: Final = "polyclinic.plugins"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)
