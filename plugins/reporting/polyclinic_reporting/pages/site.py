"""The set of pages that the modules beside this one add to."""

from __future__ import annotations

from polyclinic.sdk.pages import PluginPages
from polyclinic_reporting.vocabulary import PLUGIN_ID

pages = PluginPages(PLUGIN_ID)
