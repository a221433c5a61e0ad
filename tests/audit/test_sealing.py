"""Sealed audit events: every later change, removal or addition is found."""

import random
from dataclasses import replace

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.orm import sessionmaker

from polyclinic.audit import sealing, trail
from polyclinic.audit.seals import FIRST, Broken, Seal, digest_of, sign, verify
from polyclinic.kit.db import install_tenant_setting, transaction
from polyclinic.kit.ids import new_id
from polyclinic.testing.settling import settle

KEY = Ed25519PrivateKey.generate()


def chain(sizes: list[int]):
    """Return seals over invented events, `sizes` events a seal."""
    organisation_id, previous, xid = new_id(), FIRST, 10
    events: list[dict[str, object]] = []
    seals: list[Seal] = []
    for number, size in enumerate(sizes, 1):
        own = [{"xid": xid + n, "id": str(new_id()), "action": f"act.{n}", "detail": {"n": n}} for n in range(size)]
        previous_upto = seals[-1].upto_xid if seals else 0
        seal = Seal(organisation_id, number, previous_upto, xid + size, size, digest_of(previous, own), "")
        seals.append(replace(seal, signature=sign(seal, KEY)))
        events += own
        previous, xid = seal.digest, xid + size
    return seals, events


def test_untouched_trail_verifies():
    seals, events = chain([3, 1, 5])

    assert verify(seals, events, KEY.public_key()) == []


def test_every_one_of_a_thousand_random_tamperings_is_found():
    rng, missed = random.Random(7), 0
    for _ in range(1000):
        seals, events = chain([rng.randint(1, 4) for _ in range(3)])
        tampered = [dict(event) for event in events]
        position = rng.randrange(len(tampered))
        match rng.randrange(5):
            case 0:
                tampered[position]["action"] = "act.other"
            case 1:
                del tampered[position]
            case 2:
                tampered.insert(position, {**tampered[position], "id": str(new_id())})
            case 3:
                tampered = tampered[: -rng.randint(1, len(tampered))]
            case _:
                number = rng.randrange(len(seals))
                seals[number] = replace(seals[number], digest=digest_of("x", []))
        missed += verify(seals, tampered, KEY.public_key()) == []

    assert missed == 0


def test_seal_of_another_key_is_found():
    seals, events = chain([2])

    assert verify(seals, events, Ed25519PrivateKey.generate().public_key()) == [Broken(1, "has a wrong signature")]


def test_missing_seal_is_found():
    seals, events = chain([2, 2, 2])

    assert verify([seals[0], seals[2]], events, KEY.public_key()) == [Broken(2, "is missing")]


@pytest.fixture
def scope(live):
    factory = sessionmaker(live.engine)
    install_tenant_setting(factory)
    return lambda: transaction(factory, organisation_id=live.world.id)


def test_committed_events_are_sealed_once_and_a_change_behind_the_triggers_is_found(live, scope):
    actor = live.world.actor()
    with scope():
        trail.write(actor, "thing.changed", trail.Subject("thing", new_id()))
    settle(live.database)
    with scope():
        first = sealing.seal_events(actor, KEY)
    with scope():
        again = sealing.seal_events(actor, KEY)
    with scope():
        seals = sealing.list_seals(actor)
        events = sealing.events_between(actor, 0, seals[-1].upto_xid)

    assert (first, again) == (seals[0], None)
    assert verify(seals, events, KEY.public_key()) == []

    with psycopg.connect(live.database.admin_url, dbname=live.database.name) as connection:
        connection.execute("ALTER TABLE audit_event DISABLE TRIGGER ALL")
        connection.execute("UPDATE audit_event SET outcome = 'refused' WHERE action = 'thing.changed'")
    with scope():
        events = sealing.events_between(actor, 0, seals[-1].upto_xid)
        assert verify(seals, events, KEY.public_key()) == [Broken(1, "covers an event that was changed")]


def test_event_of_an_open_transaction_waits_for_the_next_seal(live, scope):
    actor = live.world.actor()
    settle(live.database)
    with scope():
        while sealing.seal_events(actor, KEY):
            pass
    with scope():
        trail.write(actor, "thing.changed", trail.Subject("thing"))
        with psycopg.connect(live.database.urls.app) as connection:
            connection.execute("SELECT set_config('app.organisation_id', %s, true)", (str(live.world.id),))
            visible = connection.execute("SELECT count(*) FROM audit_event WHERE action = 'thing.changed'").fetchone()
    settle(live.database)
    with scope():
        sealed = sealing.seal_events(actor, KEY)

    assert visible == (0,)
    assert sealed is not None
    assert sealed.events == 1


@pytest.mark.parametrize(
    "statement", ["UPDATE {} SET organisation_id = organisation_id", "DELETE FROM {}", "TRUNCATE {}"]
)
@pytest.mark.parametrize("table", ["audit_event", "audit_seal"])
def test_app_role_cannot_change_the_trail(live, table, statement):
    with psycopg.connect(live.database.urls.app) as connection:
        connection.execute("SELECT set_config('app.organisation_id', %s, true)", (str(live.world.id),))
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement.format(table))
