"""What a member may do with the plugin beyond core's permissions."""

from __future__ import annotations

from polyclinic.sdk.panels import Permission

READ_CATALOGUE = Permission(
    key="neuromuscular.catalogue:read",
    title="Read the catalogue of conditions, muscles and techniques",
    suggested_roles=("therapist", "clinic_manager", "chain_administrator"),
)
