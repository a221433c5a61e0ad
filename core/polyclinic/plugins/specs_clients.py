"""Hooks about a client as a whole: merged, parted again, erased, exported."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from polyclinic.plugins.client_changes import ClientErasure, ClientMerge, ExportPiece, Receipt
from polyclinic.plugins.context import Ctx
from polyclinic.plugins.policies import joins, reads


@joins(Receipt)
def client_merging(ctx: Ctx, merge: ClientMerge) -> Receipt | None:
    """Move this plugin's rows of a client who turned out to be another.

    When: in core's transaction, before it commits, for every installed plugin even where it is switched off. `ctx.db`
    may write the plugin's own schema, within one second.

    Return: a receipt whose `undo` holds what `client_unmerging` needs, or nothing.

    On error: the merge is refused and the error names this plugin.
    """
    raise NotImplementedError


@joins(Receipt)
def client_unmerging(ctx: Ctx, merge: ClientMerge, receipt: Receipt) -> Receipt | None:
    """Take back what this plugin did when the client was merged.

    When: as `client_merging`. `receipt` is what it returned then; rows made since stay with the surviving client.

    Return: a receipt, or nothing.

    On error: the parting is refused and the error names this plugin.
    """
    raise NotImplementedError


@joins(Receipt)
def client_erasing(ctx: Ctx, erasure: ClientErasure) -> Receipt | None:
    """Erase what this plugin knows of a client, but for what the law makes it keep.

    When: as `client_merging`.

    Return: a receipt that counts what was erased and what is kept, with the legal basis; mandatory for a plugin whose
    manifest says `personal_data = true`.

    On error: the erasure is refused and the error names this plugin.
    """
    raise NotImplementedError


@reads(ExportPiece)
def client_export(ctx: Ctx, client_id: UUID) -> Sequence[ExportPiece]:
    """Hand out what this plugin knows of a client.

    When: while a client's export is made; mandatory for a plugin whose manifest says `personal_data = true`.

    Return: named parts with JSON-ready rows.

    On error: the export is marked as incomplete and names this plugin.
    """
    raise NotImplementedError
