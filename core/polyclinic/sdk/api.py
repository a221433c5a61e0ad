"""REST resources of a plugin."""

from polyclinic.kit.pagination import Page, PageRequest
from polyclinic.kit.schema import Instant, Schema
from polyclinic.plugins.contract import ApiBlueprint
from polyclinic.web.plugin_routes import PluginRoutes

__all__ = ["ApiBlueprint", "Instant", "Page", "PageRequest", "PluginRoutes", "Schema"]
