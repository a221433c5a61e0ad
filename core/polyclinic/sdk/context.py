"""What asked hooks get: the context and the facts of a service."""

from polyclinic.plugins.context import Ctx
from polyclinic.plugins.contract import ServiceFact

__all__ = ["Ctx", "ServiceFact"]
