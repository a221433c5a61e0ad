"""Search and duplicates against PostgreSQL."""

from datetime import date

import psycopg
import pytest
from sqlalchemy import update

from polyclinic.clients import queries
from polyclinic.clients.commands import CreateClient
from polyclinic.clients.models import Client
from polyclinic.clients.rows import ClientIdentity
from polyclinic.clients.services.clients import archive_client, create_client
from polyclinic.clients.vocabulary import DuplicateReason
from polyclinic.kit.archiving import Archived
from polyclinic.kit.errors import Conflict, Malformed, NotFound
from polyclinic.kit.ids import new_id
from polyclinic.kit.pagination import PageRequest, decode_cursor
from polyclinic.testing.plugin import in_organisation


def names(world, text, **filters):
    return [row.display_name for row in queries.search_clients(world.actor("front_desk"), text, **filters).rows]


@pytest.mark.parametrize(
    "text", ["zoe", "ZOË", "hartm", "artman", "har zoe", "zoe@exa", "EXAMPLE.org", "7946", "020 7946", "z"]
)
def test_client_is_found_by_part_of_name_mail_or_phone(db, world, make_client, text):
    make_client(email="Zoe@Example.org", phone="+44 20 7946 0123")
    make_client("Ben", "Okafor")

    assert names(world, text) == ["Zoë Hartmann"]


def test_three_letters_inside_a_name_are_enough_and_two_match_at_the_start_of_a_word(db, world, make_client):
    make_client("Anna", "Abel")
    make_client("Hanna", "Berg")

    assert names(world, "ann") == ["Anna Abel", "Hanna Berg"]
    assert names(world, "an") == ["Anna Abel"]


def test_preferred_name_is_searched_and_shown(db, world, make_client):
    make_client("Elizabeth", "Marsh", preferred_name="Liz")

    assert names(world, "liz") == ["Liz Marsh"]
    assert names(world, "elizab") == ["Liz Marsh"]


@pytest.mark.parametrize("text", ["%", "_", "\\", "%%%", "z%e", "'; drop table client; --"])
def test_signs_of_the_pattern_language_mean_nothing(db, world, make_client, text):
    make_client()

    assert names(world, text) == []


def test_search_is_limited_to_a_clinic(db, world, make_client):
    make_client()
    make_client("Zoe", "South", clinic_id=world.other_clinic.id)

    actor = world.actor()
    found = queries.search_clients(actor, "zoe", world.other_clinic.id).rows
    listed = queries.list_clients(actor, PageRequest(), clinic_id=world.clinic.id).rows

    assert [row.display_name for row in found] == ["Zoe South"]
    assert [row.display_name for row in listed] == ["Zoë Hartmann"]
    with pytest.raises(NotFound):
        queries.search_clients(world.actor("front_desk"), "zoe", world.other_clinic.id)


def test_search_and_list_page_by_keyset_without_names_in_the_cursor(db, world, make_client):
    for number in range(5):
        make_client(f"Zoe{number}", "Same")
    actor = world.actor()

    def walk(read):
        seen, after = [], None
        while True:
            page = read(PageRequest(limit=2, after=after))
            seen += [row.given_name for row in page.rows]
            if page.next_cursor is None:
                return seen
            after = decode_cursor(page.next_cursor)
            assert [type(part).__name__ for part in after] == ["UUID"]

    expected = [f"Zoe{number}" for number in range(5)]
    assert walk(lambda page: queries.search_clients(actor, "same", page=page)) == expected
    assert walk(lambda page: queries.list_clients(actor, page)) == expected


def test_cursor_of_another_list_is_refused(db, world):
    with pytest.raises(Malformed):
        queries.list_clients(world.actor(), PageRequest(after=("Smith", 3)))


def test_archived_clients_are_hidden_unless_asked_for(db, world, make_client):
    zoe = make_client()
    archive_client(world.actor(), zoe.id, 1)

    assert names(world, "zoe") == []
    assert names(world, "") == []
    assert names(world, "zoe", archived=Archived.ANY) == ["Zoë Hartmann"]
    assert names(world, "", archived=Archived.ONLY) == ["Zoë Hartmann"]


def test_merged_client_is_found_as_the_one_it_was_merged_into(db, world, make_client):
    kept, gone = make_client(), make_client("Zoe", "Hartman")
    db.execute(update(Client).where(Client.id == gone.id).values(merged_into_id=kept.id))

    assert queries.get_client(world.actor(), gone.id) == kept
    assert names(world, "zoe") == ["Zoë Hartmann"]


def test_search_shows_no_client_of_another_organisation(joined, db, world, other_world, make_client):
    make_client()

    with in_organisation(joined, other_world):
        stranger = other_world.actor()
        assert queries.search_clients(stranger, "zoe").rows == []
        assert queries.search_clients(stranger, "").rows == []
        assert queries.find_duplicates(stranger, ClientIdentity("Zoë", "Hartmann")) == []


def test_search_function_refuses_an_organisation_that_is_not_the_transactions(db, world, other_world, make_client):
    make_client()
    connection = db.connection().connection.driver_connection
    call = "SELECT count(*) FROM search_client(%s, ARRAY['%%zoe%%'], NULL, NULL, 'any', NULL, 10)"

    assert connection.execute(call, (world.id,)).fetchone() == (1,)
    assert connection.execute(call, (other_world.id,)).fetchone() == (0,)


@pytest.mark.parametrize(
    ("identity", "reasons"),
    [
        (ClientIdentity("Zoe", "Hartman"), [DuplicateReason.NAME]),
        (ClientIdentity("Hartmann", "Zoë"), [DuplicateReason.NAME]),
        (
            ClientIdentity("Z.", "Hartmann", birth_on=date(1985, 3, 14)),
            [DuplicateReason.NAME, DuplicateReason.BIRTH_DATE],
        ),
        (ClientIdentity("Zoe", "Hartmann", birth_on=date(1999, 3, 14)), []),
        (ClientIdentity("Q", "Q", email="ZOE@example.org"), [DuplicateReason.EMAIL]),
        (ClientIdentity("Q", "Q", phone="020 7946 0123"), [DuplicateReason.PHONE]),
        (ClientIdentity("Ben", "Okafor"), []),
        (ClientIdentity(), []),
    ],
)
def test_likely_duplicates_are_found_with_their_reasons(db, world, make_client, identity, reasons):
    zoe = make_client(email="zoe@example.org", phone="+44 20 7946 0123", birth_on=date(1985, 3, 14))

    found = queries.find_duplicates(world.actor("front_desk"), identity)

    assert [(row.id, row.reasons) for row in found] == ([(zoe.id, reasons)] if reasons else [])


def test_command_that_refuses_duplicates_is_refused(db, world, make_client):
    make_client()
    command = CreateClient(world.clinic.id, "Zoe", "Hartmann", refuse_duplicates=True)

    with pytest.raises(Conflict) as refusal:
        create_client(world.actor(), command)

    assert refusal.value.code == "possible_duplicate"


BULK = """
INSERT INTO client (organisation_id, id, given_name, family_name, sort_name, name_folded, email_folded, phone_digits,
                    search_text)
SELECT %(organisation)s, gen_random_uuid(), 'g', 'f', name, name, '', '', ' ' || name
FROM (SELECT md5(n::text) || ' ' || md5((n + 1)::text) AS name FROM generate_series(1, 20000) n) names
"""
CALL = "SELECT count(*) FROM search_client(%s, %s::text[], %s, NULL, 'no', NULL, 51)"


@pytest.fixture
def big(fresh_database):
    """Return a superuser connection to 20,000 clients of one organisation that explains statements inside functions."""
    organisation = new_id()
    with psycopg.connect(fresh_database.admin_url, dbname=fresh_database.name, autocommit=True) as connection:
        connection.execute("INSERT INTO organisation (id, name, slug) VALUES (%s, 'Big', 'big')", (organisation,))
        connection.execute(BULK, {"organisation": organisation})
        connection.execute("VACUUM ANALYZE client")
        connection.execute("LOAD 'auto_explain'")
        for setting in ("log_min_duration = 0", "log_nested_statements = on", "log_format = 'text'"):
            connection.execute(f"SET auto_explain.{setting}")
        connection.execute("SET client_min_messages = log")
        connection.execute("SET SESSION AUTHORIZATION polyclinic_app")
        connection.execute("SELECT set_config('app.organisation_id', %s, false)", (str(organisation),))
        yield connection, organisation


@pytest.mark.parametrize(
    ("patterns", "similar", "index"),
    [
        (["%abc%"], None, "ix_client_search_text"),
        (["% ab%"], None, "ix_client_search_text"),
        (None, "abcdef abc", "ix_client_name_folded"),
    ],
)
def test_search_of_20000_clients_uses_the_trigram_index_as_the_app_role(big, patterns, similar, index):
    connection, organisation = big
    plans = []
    connection.add_notice_handler(lambda notice: plans.append(notice.message_primary))

    # More than five calls, so that a generic plan is judged too.
    for _ in range(8):
        connection.execute(CALL, (organisation, patterns, similar))

    assert connection.execute("SELECT current_user").fetchone() == ("polyclinic_app",)
    inner = [plan for plan in plans if "WITH found AS" in plan]
    assert len(inner) == 8
    assert [plan for plan in inner if f"Bitmap Index Scan on {index}" not in plan] == []
    assert [plan for plan in inner if "Seq Scan on client" in plan] == []
