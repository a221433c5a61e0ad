"""The form in which names and synonyms of services are compared."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable


def fold(text: str) -> str:
    """Return `text` without case, accents and surplus spaces."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(char for char in decomposed if not unicodedata.combining(char)).split())


def search_text(name: str, synonyms: Iterable[str]) -> str:
    """Return what a search of services looks into; names are apart, so that no match spans two of them."""
    return "\n".join(fold(each) for each in (name, *synonyms))
