"""What all tables of the plugin share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.orm import DeclarativeBase

from polyclinic.sdk.tables import plugin_base
from polyclinic_reporting.vocabulary import PLUGIN_ID

if TYPE_CHECKING:

    class Base(DeclarativeBase):
        """The base of the plugin's models."""

else:
    Base = plugin_base(PLUGIN_ID)
