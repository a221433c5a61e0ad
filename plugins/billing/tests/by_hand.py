"""Every report and figure of billing computed again in plain Python, from what its description says.

Days are found from instants and zones, packages from sales and redemptions: neither from where the reports look.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from plugins.billing.tests.tables import Row, Tables

SUMS = ("net_minor", "tax_minor", "gross_minor")
AGES = {"not_due": (-9999, 0), "days_1_30": (1, 30), "days_31_60": (31, 60), "days_61_90": (61, 90)}
OLDEST = ("over_90", (91, 9999))


class ByHand:
    """Answers for some clinics and a span of local days."""

    def __init__(self, tables: Tables, clinics: set[UUID], first_on: date, last_on: date) -> None:
        self.tables, self.clinics, self.first_on, self.last_on = tables, clinics, first_on, last_on
        self.places = tables.by_id("clinic")
        self.therapists = tables.by_id("therapist")
        self.bills = {row["id"]: row for row in self.own("invoice") if row["status"] != "draft"}

    # Rows

    def own(self, table: str) -> Iterator[Row]:
        return (row for row in self.tables[table] if row["clinic_id"] in self.clinics)

    def day(self, row: Row, at: datetime) -> date:
        return at.astimezone(ZoneInfo(self.places[row["clinic_id"]]["time_zone"])).date()

    def is_asked(self, day: date) -> bool:
        return self.first_on <= day <= self.last_on

    def movements(self) -> Iterator[tuple[str, Row, Row, date, int]]:
        """Yield word, document, its invoice, day and sign of all that was invoiced or taken back, whenever it was."""
        for bill in self.bills.values():
            yield "invoice", bill, bill, self.day(bill, bill["issued_at"]), 1
            if bill["voided_at"] is not None:
                yield "void", bill, bill, self.day(bill, bill["voided_at"]), -1
        for note in self.own("credit_note"):
            yield "credit_note", note, self.bills[note["invoice_id"]], self.day(note, note["issued_at"]), -1

    # What was invoiced

    def invoices(self) -> list[dict[str, Any]]:
        return [
            self.place(bill["clinic_id"])
            | self.therapist(bill["therapist_id"])
            | {
                "invoice_id": bill["id"],
                "issued_on": day,
                "document": word,
                "number": document["number_text"],
                "kind": bill["kind"],
                "client_id": document["client_id"],
                "client": bill["client"]["name"],
                "currency": document["currency"],
                **{name: sign * document[name] for name in SUMS},
            }
            for word, document, bill, day, sign in self.movements()
            if self.is_asked(day)
        ]

    def revenue(self) -> list[dict[str, Any]]:
        keys = ("clinic_id", "clinic", "therapist_id", "therapist", "kind", "currency")
        return added_up(self.invoices(), keys, "documents", SUMS)

    def tax_by_rate(self) -> list[dict[str, Any]]:
        lines = self.tables.by_id("invoice_line")
        found = []
        for word, document, bill, day, sign in self.movements():
            if word == "credit_note":
                parts = [row for row in self.tables["credit_note_line"] if row["credit_note_id"] == document["id"]]
                pairs = [(row, lines[row["invoice_line_id"]]) for row in parts]
            else:
                pairs = [(line, line) for line in lines.values() if line["invoice_id"] == bill["id"]]
            if self.is_asked(day):
                found += [
                    self.place(bill["clinic_id"])
                    | {name: line[name] for name in ("tax_name", "tax_rate", "tax_reason")}
                    | {"currency": bill["currency"], **{name: sign * part[name] for name in SUMS}}
                    for part, line in pairs
                ]
        keys = ("clinic_id", "clinic", "tax_name", "tax_rate", "tax_reason", "currency")
        return added_up(found, keys, "lines", SUMS)

    # What is owed

    def open_invoices(self) -> list[dict[str, Any]]:
        found = []
        for bill in self.bills.values():
            is_there = self.day(bill, bill["issued_at"]) <= self.last_on
            is_void = bill["voided_at"] is not None and self.day(bill, bill["voided_at"]) <= self.last_on
            rest = bill["gross_minor"] - self.paid(bill) - self.credited(bill)
            if is_there and not is_void and rest > 0:
                found.append(
                    self.place(bill["clinic_id"])
                    | {
                        name: bill[name]
                        for name in ("number_text", "client_id", "issued_on", "due_on", "currency", "gross_minor")
                    }
                    | {"invoice_id": bill["id"], "client_name": bill["client"]["name"], "open_minor": rest}
                    | {"days_late": (self.last_on - bill["due_on"]).days}
                )
        return found

    def paid(self, bill: Row) -> int:
        parts = [row for row in self.tables["allocation"] if row["invoice_id"] == bill["id"]]
        return sum(row["amount_minor"] for row in parts if row["booked_on"] <= self.last_on)

    def credited(self, bill: Row) -> int:
        notes = [row for row in self.own("credit_note") if row["invoice_id"] == bill["id"]]
        return sum(row["gross_minor"] for row in notes if self.day(row, row["issued_at"]) <= self.last_on)

    def receivables(self) -> list[dict[str, Any]]:
        aged = []
        for row in self.open_invoices():
            ages = {
                name: row["open_minor"] if first <= row["days_late"] <= last else 0
                for name, (first, last) in {**AGES, OLDEST[0]: OLDEST[1]}.items()
            }
            aged.append(row | ages)
        return added_up(aged, ("clinic_id", "clinic", "currency"), "invoices", (*AGES, OLDEST[0], "open_minor"))

    # Money

    def payments(self) -> list[dict[str, Any]]:
        moved = [("payment", row, row["id"], row["received_on"], 1, "reference") for row in self.own("payment")]
        moved += [("refund", row, row["payment_id"], row["refunded_on"], -1, "reason") for row in self.own("refund")]
        return [
            self.place(row["clinic_id"])
            | {"payment_id": payment_id, "on": on, "document": word, "reference": row[words]}
            | {"method": row["method"], "currency": row["currency"], "amount_minor": sign * row["amount_minor"]}
            for word, row, payment_id, on, sign, words in moved
            if row["method"] != "package" and self.is_asked(on)
        ]

    def payments_by_method(self) -> list[dict[str, Any]]:
        moved = [
            row
            | {"received_minor": max(row["amount_minor"], 0), "refunded_minor": min(row["amount_minor"], 0)}
            | {"net_minor": row["amount_minor"]}
            for row in self.payments()
        ]
        keys = ("clinic_id", "clinic", "method", "currency")
        return added_up(moved, keys, "", ("received_minor", "refunded_minor", "net_minor"))

    def day_closes(self) -> list[dict[str, Any]]:
        return [
            self.place(close["clinic_id"])
            | {"day_close_id": close["id"], "closed_on": close["day"], "currency": close["currency"]}
            | {name: count[name] for name in ("method", "expected_minor", "counted_minor")}
            | {"difference_minor": count["counted_minor"] - count["expected_minor"], "note": close["note"]}
            for close in self.own("day_close")
            for count in self.tables["day_close_count"]
            if count["day_close_id"] == close["id"] and self.is_asked(close["day"])
        ]

    def package_liability(self) -> list[dict[str, Any]]:
        """A package is owed at its net from its sale on, until redeemed, credited or void."""
        found = []
        for word, document, bill, day, sign in self.movements():
            if bill["kind"] == "package" and day <= self.last_on:
                column = "used_minor" if word == "credit_note" else "sold_minor"
                minor = document["net_minor"] * (1 if word == "credit_note" else sign)
                found.append(self.debt(document, bill["currency"], column, minor))
        for visit in self.own("package_redemption"):
            days = [(visit["redeemed_on"], 1)]
            if visit["undone_at"] is not None:
                days.append((self.day(visit, visit["undone_at"]), -1))
            found += [
                self.debt(visit, visit["currency"], "used_minor", sign * visit["value_minor"])
                for day, sign in days
                if day <= self.last_on
            ]
        return added_up(found, ("clinic_id", "clinic", "currency"), "", ("sold_minor", "used_minor", "owed_minor"))

    def debt(self, row: Row, currency: str, column: str, minor: int) -> dict[str, Any]:
        owed = minor if column == "sold_minor" else -minor
        nothing = {"sold_minor": 0, "used_minor": 0}
        return self.place(row["clinic_id"]) | nothing | {"currency": currency, column: minor, "owed_minor": owed}

    # Daily figures

    def figure(self, key: str) -> dict[tuple[UUID, date, str], int]:
        """Return what a figure is by clinic, day and currency, where it is not zero."""
        sources: dict[str, Callable[[], Sequence[Row]]] = {
            "billing.revenue": self.invoices,
            "billing.payments": self.payments,
        }
        day, amount = {"billing.revenue": ("issued_on", "net_minor"), "billing.payments": ("on", "amount_minor")}[key]
        found: dict[tuple[UUID, date, str], int] = defaultdict(int)
        for row in sources[key]():
            found[row["clinic_id"], row[day], row["currency"]] += row[amount]
        return {place: minor for place, minor in found.items() if minor}

    # Names

    def place(self, clinic_id: UUID) -> dict[str, Any]:
        return {"clinic_id": clinic_id, "clinic": self.places[clinic_id]["name"]}

    def therapist(self, therapist_id: UUID | None) -> dict[str, Any]:
        name = "" if therapist_id is None else self.therapists[therapist_id]["display_name"]
        return {"therapist_id": therapist_id, "therapist": name}


def added_up(rows: Sequence[Row], keys: Sequence[str], count: str, sums: Sequence[str]) -> list[dict[str, Any]]:
    """Return one row for each different `keys`, with the number of rows in `count` (if it has a name) and the sums."""
    groups: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows:
        groups[tuple(row[key] for key in keys)].append(row)
    return [
        dict(zip(keys, place, strict=True))
        | ({count: len(group)} if count else {})
        | {name: sum(row[name] for row in group) for name in sums}
        for place, group in groups.items()
    ]
