"""Documents that plugins make: files to print, download or send."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Document:
    """A finished file; it is always sent as an attachment or shown in a sandbox."""

    filename: str
    content: bytes
    media_type: str = "application/pdf"


@dataclass(frozen=True)
class DocumentTemplate:
    """A kind of document: `render(ctx, subject_id) -> Document` makes the one of a thing of the plugin.

    `key` is `<plugin id>.<name>`; `permission` is what reading it needs. Core serves it at
    `/documents/<key>/<subject id>` and hands it to mail. `render` raises `NotFound` for what the actor may not see.
    """

    key: str
    title: str
    permission: str
    render: Callable[..., Document]
