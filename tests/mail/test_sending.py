"""Sending: after the commit, with its files, again when the server does not take it, and held without a server."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from polyclinic.background import tasks
from polyclinic.jobs.actors import system_actor
from polyclinic.jobs.backoff import RETRY_SECONDS
from polyclinic.jobs.running import JobRunner
from polyclinic.kit import clock
from polyclinic.mail.commands import Attachment, SendMail
from polyclinic.mail.sending import remove_sent, send_due, send_one
from polyclinic.mail.services import send_mail
from polyclinic.mail.vocabulary import MailState
from polyclinic.plugins.registry import PluginRegistry
from tests.jobs.conftest import Queue

LETTER = SendMail(
    "tom@example.org",
    "Your receipt — thank you",
    "Dear Tom,\n\nhere it is.\n",
    (Attachment("Receipt 1.pdf", "application/pdf", b"%PDF-1.7 probe"),),
    plugin_id="probe",
)


def ask(queue: Queue, letter: SendMail = LETTER) -> UUID:
    with queue.writes():
        return send_mail(system_actor(queue.world.id), letter)


def send(queue: Queue, mail_id: UUID) -> MailState | None:
    return send_one(JobRunner.on(queue.worker_engine).open_transaction, queue.world.id, mail_id)


def states(queue: Queue) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in queue.rows("SELECT state, attempts, last_error FROM mail_message")]


def test_worker_sends_mail_with_its_files_once_the_act_is_committed(queue, server):
    mail_id = ask(queue)
    assert server.taken == []

    queue.drain(*tasks(PluginRegistry()))
    queue.drain(*tasks(PluginRegistry()))

    [(recipients, message)] = server.taken
    assert (recipients, message["From"], message["To"]) == (
        ["tom@example.org"],
        "Reed Clinics <mail@reed.example>",
        "tom@example.org",
    )
    assert (message["Subject"], message["Message-ID"]) == (LETTER.subject, f"<{mail_id}@reed.example>")
    assert message.get_body().get_content().replace("\r\n", "\n") == LETTER.text
    [file] = message.iter_attachments()
    assert (file.get_filename(), file.get_content_type(), file.get_content()) == (
        "Receipt 1.pdf",
        "application/pdf",
        b"%PDF-1.7 probe",
    )
    assert states(queue) == [("sent", 0, None)]


def test_mail_of_an_act_that_is_rolled_back_is_never_sent(queue, server):
    with queue.writes() as db:
        send_mail(system_actor(queue.world.id), LETTER)
        db.rollback()

    queue.drain(*tasks(PluginRegistry()))

    assert (server.taken, states(queue)) == ([], [])


def test_without_a_server_mail_is_held_and_sent_once_there_is_one(queue, server, monkeypatch):
    mail_id = ask(queue)
    monkeypatch.delenv("POLYCLINIC_SMTP_URL")
    held = send(queue, mail_id)

    monkeypatch.setenv("POLYCLINIC_SMTP_URL", server.url)
    send_due(JobRunner.on(queue.worker_engine).open_transaction, queue.world.id, {})

    assert held is MailState.HELD
    assert (len(server.taken), states(queue)) == (1, [("sent", 0, None)])


def test_mail_that_is_not_taken_is_tried_nine_times_and_failed(queue, server):
    server.reply = "451 come back later"
    mail_id = ask(queue)

    tries, at = [], clock.now() + timedelta(seconds=1)
    for seconds in (0, *RETRY_SECONDS):
        at += timedelta(seconds=seconds)
        with clock.frozen(at):
            tries.append(send(queue, mail_id))

    assert tries == [MailState.QUEUED] * 8 + [MailState.FAILED]
    assert states(queue) == [("failed", 9, "SMTPDataError 451")]
    assert queue.rows("SELECT detail FROM audit_event WHERE action = 'mail.failed'") == [{"detail": {"attempts": 9}}]


def test_address_that_the_server_refuses_is_not_tried_again(queue, server):
    server.recipient_reply = "550 no such mailbox"
    mail_id = ask(queue)

    assert send(queue, mail_id) is MailState.FAILED
    assert states(queue) == [("failed", 1, "recipient refused 550")]


def test_server_that_is_away_keeps_the_mail(queue, server, monkeypatch):
    monkeypatch.setenv("POLYCLINIC_SMTP_URL", "smtp://127.0.0.1:1")
    mail_id = ask(queue)

    assert send(queue, mail_id) is MailState.QUEUED
    assert states(queue) == [("queued", 1, "ConnectionRefusedError")]
    assert send(queue, mail_id) is None  # not before its time


def test_sent_mail_is_removed_after_its_time_and_other_mail_is_kept(queue, server):
    sent, waiting = ask(queue), ask(queue)
    send(queue, sent)

    with (
        clock.frozen(clock.now() + timedelta(days=31)),
        JobRunner.on(queue.worker_engine).open_transaction(queue.world.id),
    ):
        removed = remove_sent(queue.world.id)

    left = queue.rows(
        "SELECT m.id, count(a.id) AS files FROM mail_message m JOIN mail_attachment a ON "
        "a.message_id = m.id GROUP BY m.id"
    )
    assert (removed, left) == (1, [{"id": waiting, "files": 1}])


@pytest.mark.parametrize("column", ["recipient", "subject"])
def test_database_keeps_headers_to_one_line(queue, column):
    mail_id = ask(queue)

    with pytest.raises(Exception, match="ck_mail_message_headers_are_lines"), queue.writes() as db:
        db.execute(
            text(f"UPDATE mail_message SET {column} = E'a\\r\\nBcc: b@example.org' WHERE id = :id"), {"id": mail_id}
        )
