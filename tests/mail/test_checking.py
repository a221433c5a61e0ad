"""What may be sent, and what a configuration may say."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text

from polyclinic.kit.config import ConfigError
from polyclinic.kit.errors import Invalid, NotAllowed
from polyclinic.kit.pagination import PageRequest
from polyclinic.mail.checking import mail_problems
from polyclinic.mail.commands import Attachment, SendMail
from polyclinic.mail.postbox import Postbox
from polyclinic.mail.queries import count_mail, list_mail
from polyclinic.mail.services import send_mail
from polyclinic.mail.vocabulary import MailState
from polyclinic.testing.worlds import without

LETTER = SendMail("tom@example.org", "Hello", "Text")
FILE = Attachment("a.pdf", "application/pdf", b"x")


@pytest.mark.parametrize(
    "to",
    [
        *("", "tom", "tom@localhost", "@example.org", "tom@", "tom@exa mple.org", " tom@example.org"),
        *("tom@example.org\r\nBcc: b@example.org", "tom@example.org,b@example.org", "Tom <tom@example.org>"),
        *("tom@[127.0.0.1]", "a" * 250 + "@example.org", "tom\x00@example.org"),
    ],
)
def test_mail_goes_to_one_bare_address(to):
    assert list(mail_problems(replace(LETTER, to=to))) == ["to"]


@pytest.mark.parametrize("subject", ["", " ", "Hello\r\nBcc: b@example.org", "Hello\nthere", "x" * 201, "a\x85b"])
def test_subject_is_one_line(subject):
    assert list(mail_problems(replace(LETTER, subject=subject))) == ["subject"]


@pytest.mark.parametrize(
    "files",
    [
        (FILE,) * 11,
        (replace(FILE, content=b"x" * (10 * 1024 * 1024 + 1)),),
        (replace(FILE, name="a\r\nContent-Type: text/html"),),
        (replace(FILE, name="../a.pdf"),),
        (replace(FILE, name=""),),
        (replace(FILE, media_type="pdf"),),
        (replace(FILE, media_type="text/html\r\nX: y"),),
    ],
)
def test_files_have_a_plain_name_a_type_and_a_bearable_size(files):
    assert list(mail_problems(replace(LETTER, attachments=files))) == ["attachments"]


def test_what_may_be_sent_has_no_problems():
    assert mail_problems(replace(LETTER, to="tom.o'hale+x@mail.example.org", attachments=(FILE,))) == {}


def test_mail_that_cannot_be_sent_is_not_kept(db, world):
    with pytest.raises(Invalid, match="one line"):
        send_mail(world.actor(), replace(LETTER, subject="Hello\nBcc: b@example.org"))

    assert db.execute(text("SELECT count(*) FROM mail_message")).scalar_one() == 0


def test_administrators_see_what_is_held_or_failed_without_its_text(db, world):
    sent, held, failed = (send_mail(world.actor(), replace(LETTER, plugin_id="probe")) for _ in range(3))
    for mail_id, state in ((held, "held"), (failed, "failed"), (sent, "sent")):
        db.execute(
            text(
                "UPDATE mail_message SET state = :state, finished_at = CASE WHEN :state <> 'held' THEN now() END "
                "WHERE id = :id"
            ),
            {"id": mail_id, "state": state},
        )

    first = list_mail(world.actor(), PageRequest(1))
    second = list_mail(world.actor(), PageRequest(2))

    assert [(row.id, row.recipient, row.state, row.plugin_id) for row in first.rows] == [
        (failed, "tom@example.org", MailState.FAILED, "probe")
    ]
    assert [row.id for row in second.rows] == [failed, held]
    assert count_mail(world.actor()) == {
        MailState.QUEUED: 0,
        MailState.HELD: 1,
        MailState.SENT: 1,
        MailState.FAILED: 1,
    }
    with pytest.raises(NotAllowed):
        list_mail(without(world.actor(), "jobs:read"), PageRequest())


@pytest.mark.parametrize(
    ("url", "made"),
    [
        ("smtp://mail.example.org", ("smtp", "mail.example.org", 25, "", "")),
        ("smtp+starttls://me:p%40ss@mail.example.org", ("smtp+starttls", "mail.example.org", 587, "me", "p@ss")),
        ("smtps://me:pass@mail.example.org:4650", ("smtps", "mail.example.org", 4650, "me", "pass")),
    ],
)
def test_postbox_is_read_from_its_address(url, made):
    box = Postbox.from_environment({"POLYCLINIC_SMTP_URL": url, "POLYCLINIC_MAIL_FROM": "mail@reed.example"})

    assert box is not None
    assert (box.scheme, box.host, box.port, box.user, box.password) == made
    assert "p@ss" not in repr(box)


@pytest.mark.parametrize(
    ("url", "sender", "complaint"),
    [
        ("mail.example.org", "mail@reed.example", "SMTP_URL"),
        ("https://mail.example.org", "mail@reed.example", "SMTP_URL"),
        ("smtp://mail.example.org:high", "mail@reed.example", "SMTP_URL"),
        ("smtp://mail.example.org", "", "MAIL_FROM"),
        ("smtp://mail.example.org", "Reed", "MAIL_FROM"),
    ],
)
def test_wrong_configuration_says_which_variable(url, sender, complaint):
    with pytest.raises(ConfigError, match=complaint):
        Postbox.from_environment({"POLYCLINIC_SMTP_URL": url, "POLYCLINIC_MAIL_FROM": sender})


def test_without_an_address_there_is_no_postbox():
    assert Postbox.from_environment({}) is None
