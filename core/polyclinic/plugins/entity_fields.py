"""Fields that plugins add to core's things: core stores, shows and checks them without understanding them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from marshmallow import Schema


class Entity(StrEnum):
    """A thing of core that plugins may add fields to."""

    SERVICE = "service"
    CLIENT = "client"
    CLINIC = "clinic"
    THERAPIST = "therapist"
    APPOINTMENT = "appointment"


@dataclass(frozen=True)
class EntityFields:
    """A plugin's fields on one kind of thing: shown as a form beside it, in REST as `extensions.<plugin id>`.

    `key` is `<plugin id>.<name>`, `schema` a `SectionSchema`. Stored data of an older version are lifted by `upcasters`
    when read. `read` and `write` are the permissions that seeing and changing the values need.
    """

    entity: Entity
    key: str
    version: int
    title: str
    schema: type[Schema]
    read: str
    write: str
    upcasters: Mapping[int, Callable[[Mapping[str, Any]], dict[str, Any]]] = field(default_factory=dict)
