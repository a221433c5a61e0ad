"""Health history: answers are added, never changed; a "yes" to a safety question raises its flag."""

from __future__ import annotations

from collections.abc import Sequence

from polyclinic.access.actor import Actor
from polyclinic.access.scope import require
from polyclinic.audit import trail
from polyclinic.clients import queries, rules
from polyclinic.clients.catalogue import flag_kinds, health_questions
from polyclinic.clients.commands import HealthAnswer, RaiseFlag, RecordAnswers
from polyclinic.clients.models import HealthHistoryEntry
from polyclinic.clients.rows import AnswerRow, HealthQuestion
from polyclinic.clients.services.flags import add_flag
from polyclinic.clients.vocabulary import MAX_ANSWERS, Answer
from polyclinic.kit import clock
from polyclinic.kit.db import session
from polyclinic.kit.errors import FieldError, Invalid
from polyclinic.kit.ids import new_id

_WRITE = "health-history:write"


def record_answers(actor: Actor, command: RecordAnswers) -> Sequence[AnswerRow]:
    """Add answers and return the newest of each question.

    A "yes" raises the flag that belongs to the question unless it counts already; a "no" ends none: a therapist does.
    """
    require(actor, _WRITE)
    client = queries.get_client(actor, command.client_id)
    rules.refuse_erased(client)
    client_id = client.id
    queries.require_clinical(actor, _WRITE, client_id)
    if not 1 <= len(command.answers) <= MAX_ANSWERS:
        raise Invalid({"answers": f"Give 1 to {MAX_ANSWERS} answers."})
    known = {question.code: question for question in health_questions(actor.organisation_id)}
    texts = [_question(answer, known, index) for index, answer in enumerate(command.answers)]
    now = clock.now()
    for answer, question in zip(command.answers, texts, strict=True):
        session().add(
            HealthHistoryEntry(
                organisation_id=actor.organisation_id,
                id=new_id(),
                client_id=client_id,
                question_code=answer.question_code,
                question=question,
                answer=answer.answer.value,
                note=answer.note.strip(),
                recorded_at=now,
                recorded_by=actor.member_id,
                recorded_by_name=actor.name,
            )
        )
    session().flush()
    subject = trail.Subject("client", client_id)
    detail = {"questions": [answer.question_code for answer in command.answers]}
    trail.write(actor, "health_history.recorded", subject, detail=detail)
    _raise_flags(actor, RecordAnswers(client_id, command.answers))
    return queries.list_current_answers(actor, client_id)


def _question(answer: HealthAnswer, known: dict[str, HealthQuestion], index: int) -> str:
    if answer.question_code in known:
        return known[answer.question_code].question
    if not answer.question.strip():
        pointer = f"/answers/{index}/question"
        raise Invalid([FieldError(pointer, "This code is not in the catalogue. Give the text of the question.")])
    return answer.question.strip()


def _raise_flags(actor: Actor, command: RecordAnswers) -> None:
    kinds = flag_kinds(actor.organisation_id)
    today = clock.now().date()
    wanted = [a for a in command.answers if a.answer is Answer.YES and a.question_code in kinds]
    if not wanted:
        return
    active = queries.active_flags(actor, [command.client_id], today).get(command.client_id, [])
    held = {flag.code for flag in active}
    for answer in wanted:
        if answer.question_code not in held:
            held.add(answer.question_code)
            raised = RaiseFlag(command.client_id, answer.question_code, note=answer.note)
            add_flag(actor, command.client_id, raised, kinds)
