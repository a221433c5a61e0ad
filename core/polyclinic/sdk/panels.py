"""What a plugin adds to pages: navigation, permissions and panels in named slots."""

from polyclinic.plugins.contract import NavItem, Panel, PanelContent, Permission

__all__ = ["NavItem", "Panel", "PanelContent", "Permission"]
