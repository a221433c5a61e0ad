"""Who may see and do what where."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from polyclinic.sdk.context import Ctx
from polyclinic.sdk.errors import NotAllowed, NotFound

INVOICES_READ = "billing.invoices:read"
INVOICES_WRITE = "billing.invoices:write"
INVOICES_VOID = "billing.invoices:void"
PAYMENTS_READ = "billing.payments:read"
PAYMENTS_WRITE = "billing.payments:write"
PAYMENTS_REFUND = "billing.payments:refund"
PRICES_READ = "billing.prices:read"
PRICES_WRITE = "billing.prices:write"
PACKAGES_READ = "billing.packages:read"
PACKAGES_WRITE = "billing.packages:write"
DAY_CLOSES_READ = "billing.day-closes:read"
DAY_CLOSES_WRITE = "billing.day-closes:write"
SETTINGS_READ = "billing.settings:read"
SETTINGS_WRITE = "billing.settings:write"


def require(ctx: Ctx, permission: str) -> None:
    """Raise `NotAllowed` unless the actor holds the permission somewhere."""
    if not ctx.actor.can(permission):
        raise NotAllowed("You may not do this. Ask an administrator for the permission.", permission=permission)


def require_at(ctx: Ctx, permission: str, clinic_id: UUID) -> None:
    """Raise `NotFound` outside of the actor's clinics, `NotAllowed` without the permission there."""
    if clinic_id not in ctx.actor.clinic_ids:
        raise NotFound("clinic")
    if not ctx.actor.can(permission, clinic_id):
        raise NotAllowed(
            "You may not do this at this clinic. Ask an administrator for the permission.", permission=permission
        )


def clinics_with(ctx: Ctx, permission: str, clinic_id: UUID | None = None) -> Sequence[UUID]:
    """Return the clinics where the actor holds the permission, or the one asked for.

    Raises `NotAllowed` without the permission anywhere, `NotFound` for a clinic outside of the actor's.
    """
    if clinic_id is not None:
        require_at(ctx, permission, clinic_id)
        return (clinic_id,)
    require(ctx, permission)
    return ctx.actor.clinics_with(permission)
