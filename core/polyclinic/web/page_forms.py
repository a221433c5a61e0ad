"""Several forms on one page: each has its own name, so that ids, messages and the error summary do not mix."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from polyclinic.web.forms import FormState


@dataclass(frozen=True)
class NamedForm:
    """One form of a page: `name` stands in the ids of its fields."""

    name: str
    state: FormState = field(default_factory=FormState)
    stored: Mapping[str, Any] = field(default_factory=dict)

    def value(self, field_name: str) -> Any:
        """Return what was typed, or the stored value."""
        return self.state.value(field_name, self.stored.get(field_name, ""))

    def error(self, field_name: str) -> str | None:
        """Return the message of one field."""
        return self.state.errors.get(field_name)

    def id(self, field_name: str) -> str:
        """Return the id of one field's control."""
        return f"field-{self.name}-{field_name}"

    @property
    def is_open(self) -> bool:
        """Tell whether the form came back with something to correct."""
        return bool(self.state.errors)

    @property
    def summary(self) -> dict[str, str]:
        """Return the messages under the names by which the error summary links to the fields."""
        return {
            name if name.startswith("_") else f"{self.name}-{name}": message
            for name, message in self.state.errors.items()
        }


def named_forms(forms: Mapping[str, Mapping[str, Any]], failed: NamedForm | None = None) -> dict[str, NamedForm]:
    """Return the forms of a page by name with their stored values; the failed one keeps what was typed."""
    return {
        name: NamedForm(name, failed.state if failed and failed.name == name else FormState(), stored)
        for name, stored in forms.items()
    }
