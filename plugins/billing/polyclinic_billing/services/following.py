"""What billing does when core merges two clients, parts them again, erases or exports one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import and_, delete, func, select, update

from polyclinic.sdk.clients import ClientErasure, ClientMerge, ExportPiece, Receipt
from polyclinic.sdk.context import Ctx
from polyclinic.sdk.money import format_amount
from polyclinic_billing.models.invoices import CreditNote, Invoice
from polyclinic_billing.models.payments import Package, Payment

LINKED: dict[str, Any] = {"invoice": Invoice, "credit_note": CreditNote, "payment": Payment, "package": Package}
WORDS = {"invoice": "invoices", "credit_note": "credit notes", "payment": "payments", "package": "packages"}
LEGAL_BASIS = (
    "Invoices, credit notes, payments and packages are accounting records that tax law obliges the seller to keep "
    "(GDPR Article 17(3)(b))."
)


def follow_merge(ctx: Ctx, merge: ClientMerge) -> Receipt:
    """Let everything of a client belong to the one it was merged into; names on issued papers stay as they were."""
    undo = {name: _move(ctx, table, merge.from_client_id, merge.into_client_id) for name, table in LINKED.items()}
    lines = [f"{len(ids)} {WORDS[name]} moved" for name, ids in undo.items() if ids]
    return Receipt(lines=lines, changed=sum(map(len, undo.values())), undo=undo)


def follow_unmerge(ctx: Ctx, merge: ClientMerge, receipt: Receipt) -> Receipt:
    """Give back what a merge moved; what was written since stays with the surviving client."""
    lines, changed = [], 0
    for name, ids in receipt.undo.items():
        if not ids:
            continue
        table = LINKED[name]
        moved = ctx.db.execute(
            update(table)
            .where(
                table.organisation_id == ctx.organisation_id,
                table.id.in_([UUID(text) for text in ids]),
                table.client_id == merge.into_client_id,
            )
            .values(client_id=merge.from_client_id)
        ).rowcount
        lines.append(f"{moved} {WORDS[name]} moved back")
        changed += moved
    return Receipt(lines=lines, changed=changed)


def follow_erasure(ctx: Ctx, erasure: ClientErasure) -> Receipt:
    """Remove drafts; keep what tax law says must be kept."""
    drafts = ctx.db.execute(
        delete(Invoice).where(
            Invoice.organisation_id == ctx.organisation_id,
            Invoice.client_id == erasure.client_id,
            Invoice.status == "draft",
        )
    ).rowcount
    kept = {name: _count(ctx, table, erasure.client_id) for name, table in LINKED.items()}
    lines = [f"{drafts} draft invoices removed"] if drafts else []
    lines += [f"{count} {WORDS[name]} kept" for name, count in kept.items() if count]
    return Receipt(lines=lines, changed=drafts, kept=sum(kept.values()), legal_basis=LEGAL_BASIS)


def export_client(ctx: Ctx, client_id: UUID) -> Sequence[ExportPiece]:
    """Return a client's invoices, payments and packages."""
    pieces = [
        ExportPiece("Invoices", _invoices(ctx, client_id)),
        ExportPiece("Payments", _payments(ctx, client_id)),
        ExportPiece("Packages", _packages(ctx, client_id)),
    ]
    return [piece for piece in pieces if piece.rows]


def _move(ctx: Ctx, table: Any, from_id: UUID, into_id: UUID) -> list[str]:
    moved = ctx.db.execute(
        update(table)
        .where(table.organisation_id == ctx.organisation_id, table.client_id == from_id)
        .values(client_id=into_id)
        .returning(table.id)
    )
    return [str(found) for found in moved.scalars()]


def _count(ctx: Ctx, table: Any, client_id: UUID) -> int:
    found: int = ctx.db.execute(
        select(func.count()).where(table.organisation_id == ctx.organisation_id, table.client_id == client_id)
    ).scalar_one()
    return found


def _of_client(ctx: Ctx, table: Any, client_id: UUID) -> Any:
    wanted = and_(table.organisation_id == ctx.organisation_id, table.client_id == client_id)
    return ctx.db.execute(select(table).where(wanted).order_by(table.id)).scalars()


def _invoices(ctx: Ctx, client_id: UUID) -> list[dict[str, Any]]:
    return [
        {
            "number": row.number_text,
            "state": row.state,
            "service_on": row.service_on.isoformat(),
            "issued_on": row.issued_on.isoformat() if row.issued_on else None,
            "amount": format_amount(row.gross_minor, row.currency) if row.currency else None,
            "paid": format_amount(row.paid_minor, row.currency) if row.currency else None,
            "currency": row.currency,
            "name": row.client.get("name"),
        }
        for row in _of_client(ctx, Invoice, client_id)
    ]


def _payments(ctx: Ctx, client_id: UUID) -> list[dict[str, Any]]:
    return [
        {
            "received_on": row.received_on.isoformat(),
            "method": row.method,
            "amount": format_amount(row.amount_minor, row.currency),
            "refunded": format_amount(row.refunded_minor, row.currency),
            "currency": row.currency,
            "reference": row.reference,
        }
        for row in _of_client(ctx, Payment, client_id)
    ]


def _packages(ctx: Ctx, client_id: UUID) -> list[dict[str, Any]]:
    return [
        {
            "name": row.name,
            "sold_on": row.sold_on.isoformat(),
            "expires_on": row.expires_on.isoformat() if row.expires_on else None,
            "visits": row.visits_total,
            "used": row.visits_used,
        }
        for row in _of_client(ctx, Package, client_id)
    ]
