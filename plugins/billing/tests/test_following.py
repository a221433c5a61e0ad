"""Merges move, partings move back, erasure keeps what the law wants, exports tell all."""

from uuid import uuid4

from polyclinic.sdk.clients import ClientErasure, ClientMerge
from polyclinic_billing.queries.invoices import get_invoice
from polyclinic_billing.queries.packages import get_package, packages_of_clients
from polyclinic_billing.services.following import (
    LEGAL_BASIS,
    export_client,
    follow_erasure,
    follow_merge,
    follow_unmerge,
)


def test_merge_moves_invoices_payments_and_packages_and_back(desk):
    own, other = desk.make.own_client().id, desk.make.client("Tom", "Hale jr").id
    issued, package = desk.issue(), desk.sell()
    desk.pay(issued)
    merge = ClientMerge(uuid4(), own, other)

    receipt = desk.do(follow_merge, merge)

    assert desk.do(get_invoice, issued.id).client_id == other
    assert list(desk.do(packages_of_clients, [own, other])) == [other]
    assert (receipt.changed, sorted(receipt.undo)) == (4, ["credit_note", "invoice", "package", "payment"])
    assert list(receipt.lines) == ["2 invoices moved", "1 payments moved", "1 packages moved"]

    desk.do(follow_unmerge, merge, receipt)

    assert desk.do(get_invoice, issued.id).client_id == own
    assert desk.do(get_package, package.id).client_id == own


def test_what_was_written_since_the_merge_stays_with_the_surviving_client(desk):
    own, other = desk.make.own_client().id, desk.make.client("Tom", "Hale jr").id
    merge = ClientMerge(uuid4(), own, other)
    receipt = desk.do(follow_merge, merge)
    since = desk.issue(desk.draft(desk.visit(client_id=other)))

    desk.do(follow_unmerge, merge, receipt)

    assert desk.do(get_invoice, since.id).client_id == other


def test_names_on_issued_invoices_stay_when_clients_are_merged(desk):
    issued = desk.issue()

    desk.do(follow_merge, ClientMerge(uuid4(), issued.client_id, desk.make.client("Eva").id))

    assert desk.now(issued).client["name"] == "Tom Hale"


def test_erasure_removes_drafts_and_keeps_invoices_with_their_legal_basis(desk):
    issued = desk.issue()
    desk.draft()

    receipt = desk.do(follow_erasure, ClientErasure(uuid4(), issued.client_id, "asked for it"))

    assert (receipt.changed, receipt.kept, receipt.legal_basis) == (1, 1, LEGAL_BASIS)
    assert list(receipt.lines) == ["1 draft invoices removed", "1 invoices kept"]
    assert desk.now(issued).state == "issued"


def test_export_holds_invoices_payments_and_packages(desk):
    issued = desk.issue()
    desk.pay(issued, reference="till 1")
    desk.sell(3, 15000)

    pieces = {piece.name: piece.rows for piece in desk.do(export_client, issued.client_id)}

    assert [(row["number"], row["amount"], row["state"]) for row in pieces["Invoices"]] == [
        ("INV-000001", "60.00", "paid"),
        ("INV-000002", "150.00", "issued"),
    ]
    assert pieces["Payments"] == [
        {
            "received_on": "2026-11-23",
            "method": "cash",
            "amount": "60.00",
            "refunded": "0.00",
            "currency": "GBP",
            "reference": "till 1",
        }
    ]
    assert [(row["visits"], row["used"]) for row in pieces["Packages"]] == [(3, 0)]
