"""The catalogue over REST, below `/api/v1/ext/neuromuscular`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from polyclinic.sdk.api import PluginRoutes
from polyclinic_neuromuscular import listings
from polyclinic_neuromuscular.api_schemas import ConditionSchema, MuscleQuerySchema, MuscleSchema, TechniqueSchema
from polyclinic_neuromuscular.catalogue import Technique, techniques
from polyclinic_neuromuscular.vocabulary import PLUGIN_ID

READ = "services:read"
"""The catalogue holds no client data: whoever sees the services on offer may read it."""

routes = PluginRoutes(PLUGIN_ID, tag="Neuromuscular therapy", description="Conditions, muscles and techniques.")


@routes.get("/conditions", permission=READ, response=ConditionSchema)
def list_conditions(_actor: object) -> list[listings.ConditionListing]:
    """List the ten conditions in their published order."""
    return listings.list_conditions()


@routes.get("/muscles", permission=READ, query=MuscleQuerySchema, response=MuscleSchema)
def list_muscles(_actor: object, query: Mapping[str, Any]) -> list[listings.MuscleListing]:
    """List the muscles that `q` finds by name, Latin name, alias or region."""
    return listings.list_muscles(str(query.get("q", "")))


@routes.get("/techniques", permission=READ, response=TechniqueSchema)
def list_techniques(_actor: object) -> list[Technique]:
    """List the techniques with their limits."""
    return list(techniques().values())
