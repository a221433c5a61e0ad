"""Plugins take part in merging, parting and erasing: their receipts are kept, their refusal refuses the whole."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import pytest

from polyclinic.client_file.commands import EraseClient
from polyclinic.client_file.services.erasing import erase_client
from polyclinic.client_file.services.parting import undo_merge
from polyclinic.clients import queries
from polyclinic.kit.errors import Conflict
from polyclinic.plugins.client_changes import ClientMerge, Receipt
from polyclinic.plugins.registry import Implementation
from polyclinic.plugins.runtime import runtime, use_runtime


class Ledger:
    """A plugin that counts what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, object]] = []
        self.refuses = False

    def merging(self, merge):
        self.told.append(("merging", merge))
        if self.refuses:
            raise RuntimeError("no")
        return Receipt(("Two entries moved.",), changed=2, undo={"ids": ["a", "b"]})

    def unmerging(self, merge, receipt):
        self.told.append(("unmerging", (merge, receipt)))
        return Receipt(("Two entries moved back.",), changed=2)

    def erasing(self, erasure):
        self.told.append(("erasing", erasure.client_id))
        return Receipt(("One entry kept.",), kept=1, legal_basis="Tax law")


@pytest.fixture
def ledger(practice):
    before = runtime()
    made = Ledger()
    hooks = {
        "client_merging": (made.merging, ("merge",)),
        "client_unmerging": (made.unmerging, ("merge", "receipt")),
        "client_erasing": (made.erasing, ("erasure",)),
    }
    own = {name: (Implementation("ledger", name, call, named, False),) for name, (call, named) in hooks.items()}
    registry = replace(before.registry, implementations=MappingProxyType({**before.registry.implementations, **own}))
    use_runtime(replace(before, registry=registry, dispatcher=replace(before.dispatcher, registry=registry)))
    yield made
    use_runtime(before)


def test_receipt_of_a_merge_comes_back_when_it_is_undone(practice, two, merge, ledger):
    stays, goes = two
    done = merge(goes, stays)
    undone = undo_merge(practice.admin, done.id)

    change = ClientMerge(done.id, goes.id, stays.id)
    given = Receipt(("Two entries moved.",), 2, 0, "", {"ids": ["a", "b"]})
    assert ledger.told == [("merging", change), ("unmerging", (change, given))]
    assert [(row.plugin, row.lines, row.changed) for row in done.receipts] == [("ledger", ["Two entries moved."], 2)]
    assert [row.lines for row in undone.undo_receipts] == [["Two entries moved back."]]


def test_plugin_that_fails_refuses_the_merge_and_is_named(practice, two, merge, ledger):
    stays, goes = two
    ledger.refuses = True

    with pytest.raises(Conflict) as refused:
        merge(goes, stays)

    assert (refused.value.code, "ledger" in refused.value.detail) == ("plugin_refused", True)


def test_plugin_that_is_gone_does_not_keep_a_merge_from_being_undone(practice, two, merge, ledger):
    stays, goes = two
    done = merge(goes, stays)
    without = {**runtime().registry.implementations, "client_unmerging": ()}
    registry = replace(runtime().registry, implementations=MappingProxyType(without))
    use_runtime(replace(runtime(), registry=registry, dispatcher=replace(runtime().dispatcher, registry=registry)))

    undone = undo_merge(practice.admin, done.id)

    assert [row.plugin for row in undone.undo_receipts] == ["ledger"]
    assert "not installed any more" in undone.undo_receipts[0].lines[0]
    assert queries.get_client(practice.admin, goes.id).id == goes.id


def test_erasure_keeps_the_receipts_with_their_legal_basis(practice, ledger):
    client = practice.client("Zoë")

    done = erase_client(practice.admin, EraseClient(client.id, "Asked for it in writing", "Zoë Hartmann"))

    assert ledger.told == [("erasing", client.id)]
    assert [(row.plugin, row.kept, row.legal_basis) for row in done.receipts] == [("ledger", 1, "Tax law")]
