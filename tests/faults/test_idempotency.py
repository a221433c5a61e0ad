"""One Idempotency-Key, sent 200 times at once to a real server, has one effect."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from polyclinic.testing.servers import Answer

SENDERS = 20
EACH = 10


def send_ten(served, number: int) -> list[tuple[str, Answer]]:
    """Send the same request over one connection, every tenth with another body."""
    caller = served.server.caller(served.token)
    names = ["Once other" if (number + turn) % EACH == 0 else "Once" for turn in range(EACH)]
    answers = [(name, caller.post("/api/v1/clients", served.body(name), key="once")) for name in names]
    caller.close()
    return answers


def test_two_hundred_posts_with_one_key_have_one_effect(served):
    with ThreadPoolExecutor(SENDERS) as pool:
        answers = [pair for pairs in pool.map(lambda n: send_ten(served, n), range(SENDERS)) for pair in pairs]

    (winner,) = served.clients(like="Once%")
    loser = {"Once": "Once other", "Once other": "Once"}[winner]
    sent = Counter(name for name, _ in answers)
    assert served.clients(like="Once%") == {winner: 1}
    assert Counter((name, answer.status) for name, answer in answers) == {
        (winner, 201): sent[winner],
        (loser, 422): sent[loser],
    }
    assert len({answer.body for _, answer in answers if answer.status == 201}) == 1
    assert len({answer.headers["Location"] for _, answer in answers if answer.status == 201}) == 1
    assert {answer.json["errors"][0]["code"] for _, answer in answers if answer.status == 422} == {
        "idempotency_key_reused"
    }
    assert Counter(answer.headers.get("Idempotent-Replay") for _, answer in answers if answer.status == 201) == {
        None: 1,
        "true": sent[winner] - 1,
    }


def test_key_of_one_person_is_not_the_key_of_another(served):
    people = ("front_desk", "therapist")
    callers = [served.server.caller(served.world.people[role].token) for role in people]

    statuses = [caller.post("/api/v1/clients", served.body("Mine"), key="mine").status for caller in callers]
    for caller in callers:
        caller.close()

    assert (statuses, served.clients(like="Mine")) == ([201, 201], {"Mine": 2})
