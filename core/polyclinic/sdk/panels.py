"""What a plugin adds to pages: navigation, permissions, badges and panels in named slots."""

from polyclinic.plugins.contract import Badge, NavItem, Panel, PanelContent, Permission, Tone

__all__ = ["Badge", "NavItem", "Panel", "PanelContent", "Permission", "Tone"]
