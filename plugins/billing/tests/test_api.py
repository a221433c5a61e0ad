"""Billing over REST: money as text, versions, keys, errors at their place, other clinics' things not found."""

import pytest

from polyclinic.identity.commands import CreateApiKey
from polyclinic.identity.services.api_keys import mint_api_key
from polyclinic.testing.authoring import acting as actor_of
from polyclinic.testing.clients import RestClient

BASE = "/api/v1/ext/billing"
SIXTY = {"amount": "60.00", "currency": "GBP"}


@pytest.fixture
def rest(desk, app):
    """Return a maker of REST clients whose key may do what the role may do in billing."""

    def make(role="chain_administrator"):
        actor = actor_of(desk.world, role)
        token = mint_api_key(actor, actor.member_id, CreateApiKey("billing", tuple(sorted(actor.grants)))).token
        return RestClient(app, token)

    return make


def payment_of(invoice, **changes):
    parts = [{"invoice_id": str(invoice.id)}]
    return {"clinic_id": str(invoice.clinic_id), "method": "cash", "amount": SIXTY, "allocations": parts} | changes


def test_visit_is_drafted_issued_paid_and_refunded(desk, rest):
    client, visit = rest(), desk.visit()
    drafted = client.post(f"{BASE}/invoices", {"appointment_id": str(visit.id)})
    address = f"{BASE}/invoices/{drafted.json['id']}"

    issued = client.post(f"{address}/issue", etag=drafted.headers["ETag"])
    paid = client.post(f"{BASE}/payments", payment_of(desk.now(desk.draft(visit))), key="one")
    refund = {"amount": {"amount": "10.00", "currency": "GBP"}, "reason": "Sorry"}
    refunded = client.post(f"{BASE}/payments/{paid.json['id']}/refunds", refund, key="two")
    shown = client.get(address).json

    assert [answer.status_code for answer in (drafted, issued, paid, refunded)] == [201, 200, 201, 201]
    assert (drafted.json["gross"], drafted.json["status"], issued.json["number"]) == (SIXTY, "draft", "INV-000001")
    assert (shown["status"], shown["open"]["amount"], len(shown["payments"])) == ("part_paid", "10.00", 2)
    assert (shown["lines"][0]["gross_minor"], shown["lines"][0]["tax_rate"]) == (6000, "0.0000")
    assert refunded.json["amount"] == {"amount": "10.00", "currency": "GBP"}


def test_price_without_a_currency_is_refused_at_its_place(desk, rest):
    body = {"service_id": str(desk.service.id), "amount": {"amount": "5.00"}, "valid_from": "2027-01-01"}

    answer = rest().post(f"{BASE}/prices", body)

    assert answer.status_code == 422
    assert [(one["pointer"], one["detail"][:17]) for one in answer.json["errors"]] == [
        ("/amount/currency", "Name the currency")
    ]


def test_overlapping_price_and_wrong_amounts_are_refused_at_their_place(desk, rest):
    client = rest()
    for amount, valid_from, pointer in (
        (SIXTY, "2026-01-01", "/valid_from"),
        ({"amount": "1.005", "currency": "GBP"}, "2026-01-01", "/amount/amount"),
        ({"amount": "1.00", "currency": "QQQ"}, "2026-01-01", "/amount/currency"),
        ({"amount": "-1", "currency": "GBP"}, "2026-01-01", "/amount"),
    ):
        body = {"service_id": str(desk.service.id), "amount": amount, "valid_from": valid_from}
        answer = client.post(f"{BASE}/prices", body)
        assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, pointer)


def test_payment_needs_a_key_and_is_not_larger_than_the_invoice(desk, rest):
    client, issued = rest(), desk.issue()

    without = client.post(f"{BASE}/payments", payment_of(issued))
    larger = client.post(
        f"{BASE}/payments", payment_of(issued, amount={"amount": "60.01", "currency": "GBP"}), key="one"
    )

    assert (without.status_code, larger.status_code) == (400, 422)
    assert [(one["pointer"], one["code"]) for one in larger.json["errors"]] == [("/amount", "overpayment")]
    assert desk.now(issued) == issued


def test_closing_twice_is_refused_at_the_day(desk, rest):
    client = rest()
    body = {
        "clinic_id": str(desk.world.clinic.id),
        "day": "2026-11-23",
        "counted": {"cash": {"amount": "0", "currency": "GBP"}},
    }

    first, second = client.post(f"{BASE}/day-closes", body, key="1"), client.post(f"{BASE}/day-closes", body, key="2")

    assert (first.status_code, second.status_code) == (201, 422)
    assert [(one["pointer"], one["code"]) for one in second.json["errors"]] == [("/day", "day_closed")]
    assert client.get(f"{BASE}/day-closes").json["data"] == [first.json]


def test_stale_or_missing_version_is_refused(desk, rest):
    client, draft = rest(), desk.draft()
    address = f"{BASE}/invoices/{draft.id}/issue"

    assert client.post(address).status_code == 428
    assert client.post(address, etag=draft.row_version + 1).status_code == 412


def test_lists_filter_by_status_client_and_clinic_and_go_on_by_cursor(desk, rest):
    client = rest()
    issued, drafts = desk.issue(), [desk.draft() for _ in range(3)]

    first = client.get(f"{BASE}/invoices?limit=2").json
    rest_of = client.get(f"{BASE}/invoices?limit=2&cursor={first['next_cursor']}").json
    only = client.get(f"{BASE}/invoices?status=issued&client_id={issued.client_id}&clinic_id={issued.clinic_id}").json

    ids = [one["id"] for one in first["data"] + rest_of["data"]]
    assert ids == [str(one.id) for one in [*reversed(drafts), issued]]
    assert [one["id"] for one in only["data"]] == [str(issued.id)]
    assert client.get(f"{BASE}/invoices?colour=red").status_code == 400


def test_packages_are_sold_redeemed_and_balanced(desk, rest):
    client = rest("front_desk")
    package = desk.sell(3, 15000)
    visit = desk.visit()

    redeemed = client.post(f"{BASE}/package-redemptions", {"appointment_id": str(visit.id)}, key="one")
    balances = client.get(f"{BASE}/package-balances?client_id={package.client_id}").json["data"]

    assert (redeemed.status_code, redeemed.json["gross"]["amount"]) == (201, "0.00")
    assert [(one["visits_left"], one["value_left"]["amount"]) for one in balances] == [(2, "100.00")]


def test_taxes_tell_what_is_known_of_each_country(desk, rest):
    found = rest("therapist").get(f"{BASE}/taxes").json["data"]

    assert sorted(one["country"] for one in found) == ["AU", "CA", "DE", "GB", "US"]


def test_other_clinics_things_are_not_found(desk, rest):
    there = desk.world.other_clinic.id
    visit = desk.visit(clinic_id=there, therapist_id=desk.make.therapist(clinic_id=there).id)
    issued = desk.issue(desk.draft(visit))
    payment = desk.pay(issued)
    client = rest("clinic_manager")
    version = desk.now(issued).row_version

    answers = [
        client.get(f"{BASE}/invoices/{issued.id}"),
        client.get(f"{BASE}/payments/{payment.id}"),
        client.post(f"{BASE}/invoices/{issued.id}/void", {"reason": "x"}, etag=version),
        client.post(f"{BASE}/invoices", {"appointment_id": str(visit.id)}),
        client.post(f"{BASE}/payments", payment_of(issued), key="x"),
        client.get(f"{BASE}/tills?clinic_id={there}&day=2026-11-23"),
        client.get(f"{BASE}/invoices?clinic_id={there}"),
    ]

    assert [answer.status_code for answer in answers] == [404] * len(answers)
    for path in ("invoices", "payments", "receivables"):
        assert client.get(f"{BASE}/{path}").json["data"] == []


def test_plugin_that_is_off_has_no_resources(desk, rest, disable):
    client = rest()
    disable("billing")

    assert client.get(f"{BASE}/invoices").status_code == 404
