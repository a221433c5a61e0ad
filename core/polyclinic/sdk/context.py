"""What asked hooks and REST views get: the actor, the context and the facts of a service."""

from polyclinic.access.actor import Actor
from polyclinic.plugins.context import Ctx
from polyclinic.plugins.contract import ServiceFact

__all__ = ["Actor", "Ctx", "ServiceFact"]
