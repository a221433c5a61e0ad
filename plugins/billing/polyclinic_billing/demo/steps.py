"""Billing's steps of a demo."""

from __future__ import annotations

from polyclinic.sdk.context import Ctx
from polyclinic.sdk.upkeep import DemoChain, DemoStep
from polyclinic_billing.demo.catalogue import make_catalogue
from polyclinic_billing.demo.desk import close_days, correct_mistakes
from polyclinic_billing.demo.handful import make_handful
from polyclinic_billing.demo.past import Past


def fill(ctx: Ctx, chain: DemoChain) -> None:
    """Make sellers, prices and packages, bill the past, close its days; a repeat adds what is missing."""
    catalogue = make_catalogue(ctx, chain)
    if chain.is_small:
        make_handful(ctx, chain, catalogue)
        return
    if Past(ctx, chain, catalogue).write():
        ctx.audit("demo_filled", "organisation", ctx.organisation_id)
        correct_mistakes(ctx, chain)
    close_days(ctx, chain, catalogue)


STEPS = [DemoStep("billing.past", fill)]
