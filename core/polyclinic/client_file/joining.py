"""Where the plugins take part in what happens to a client as a whole, and where it is announced."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from polyclinic.access.actor import Actor
from polyclinic.audit.trail import Subject
from polyclinic.client_file.queries import PluginReceipt
from polyclinic.plugins.announcing import announce
from polyclinic.plugins.client_changes import ClientErasure, ClientMerge, Receipt
from polyclinic.plugins.context import Ctx
from polyclinic.plugins.runtime import runtime

_GONE = Receipt(("This plugin is not installed any more; what it had moved stays with the surviving client.",))


def let_plugins_merge(actor: Actor, merge: ClientMerge) -> list[dict[str, Any]]:
    """Let every installed plugin move its rows; returns their receipts. Raises `Conflict` for one that fails."""
    return _receipts(runtime().dispatcher.join("client_merging", Ctx(actor), merge=merge))


def let_plugins_part(actor: Actor, merge: ClientMerge, receipts: Sequence[PluginReceipt]) -> list[dict[str, Any]]:
    """Let every plugin that took part in a merge take back what it did, each by its own receipt."""
    each = {stored.plugin: {"receipt": _receipt(stored)} for stored in receipts}
    done = _receipts(runtime().dispatcher.join("client_unmerging", Ctx(actor), each=each, merge=merge))
    able = {asked.plugin_id for asked in runtime().registry.implementations.get("client_unmerging", ())}
    return done + _receipts([(plugin_id, _GONE) for plugin_id in each if plugin_id not in able])


def let_plugins_erase(actor: Actor, erasure: ClientErasure) -> list[dict[str, Any]]:
    """Let every installed plugin erase what it need not keep; returns their receipts."""
    return _receipts(runtime().dispatcher.join("client_erasing", Ctx(actor), erasure=erasure))


def announce_client(actor: Actor, event_type: str, client_id: UUID, **payload: Any) -> None:
    """Announce what became of a client; the worker tells the plugins after the transaction has committed."""
    announce(actor, event_type, Subject("client", client_id), payload=payload)


def _receipts(answers: Sequence[tuple[str, Receipt]]) -> list[dict[str, Any]]:
    return [
        {
            "plugin": plugin_id,
            "lines": list(receipt.lines),
            "changed": receipt.changed,
            "kept": receipt.kept,
            "legal_basis": receipt.legal_basis,
            "undo": dict(receipt.undo),
        }
        for plugin_id, receipt in answers
    ]


def _receipt(stored: PluginReceipt) -> Receipt:
    return Receipt(tuple(stored.lines), stored.changed, stored.kept, stored.legal_basis, dict(stored.undo))
