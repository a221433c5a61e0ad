"""Types given texts into every text field of operations: as many at once as a field takes, until each had its turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID

from werkzeug.test import TestResponse

from polyclinic.testing.bodies import Place, replaced, text_places
from polyclinic.testing.probes import Probe
from polyclinic.testing.probing import Sender

Field: TypeAlias = tuple[str, Place]
"""An operation's text field: method and endpoint, and the place in the body."""

NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)


@dataclass
class Turn:
    """How far the texts for one field are typed, and how many of them it takes at once."""

    at_once: int
    done: int = 0

    def is_over(self, texts: Sequence[str]) -> bool:
        """Tell whether every text was typed into the field, or refused by it alone."""
        return self.done >= len(texts)

    def text(self, texts: Sequence[str]) -> str:
        """Return what to type next; a field that had every text starts again."""
        start = self.done % len(texts)
        return " ".join(texts[start : start + self.at_once])

    def refuse(self) -> bool:
        """Take fewer texts at once; tell whether there is something left to try now."""
        if self.at_once == 1:
            self.done += 1
            return False
        self.at_once = (self.at_once + 1) // 2
        return True


@dataclass
class Typist:
    """Types into operations as one person; every text ends with a number of its own, so that names stay unique."""

    sender: Sender
    own: Mapping[str, UUID]
    texts: Sequence[str]
    number: int = 0
    days: int = 0
    turns: dict[Field, Turn] = field(default_factory=dict)
    taken: dict[Field, str] = field(default_factory=dict)
    """How the text ended that a field took last."""

    @property
    def is_done(self) -> bool:
        """Tell whether every text was typed into every field."""
        return all(turn.is_over(self.texts) for turn in self.turns.values())

    def type_into(self, probe: Probe, schema: type) -> TestResponse | None:
        """Type into every field whose turns are not over; None when there is none, or each refused its text."""
        operation = f"{probe.method} {probe.endpoint}"
        places = list(text_places(schema, probe.json))
        turns = {place: self.turns.setdefault((operation, place), Turn(len(self.texts))) for place in places}
        fresh = {place for place, turn in turns.items() if not turn.is_over(self.texts)}
        # A new thing needs a new name each time; a change leaves alone what had its turn.
        typed = {place: turn for place, turn in turns.items() if place in fresh or probe.method == "POST"}
        if "If-Match" in probe.headers and fresh:  # what is refused changes no version
            probe = replace(probe, headers={**probe.headers, "If-Match": self._etag(probe.path)})
        while fresh & typed.keys():
            texts = {place: self._text(turn) for place, turn in typed.items()}
            answer = self._send(probe, texts)
            refused = _refused(answer, typed)
            if not refused:
                self._note(operation, {place: texts[place] for place in fresh & typed.keys()}, answer)
                return answer
            for place in refused:
                if place not in fresh or not typed[place].refuse():
                    del typed[place]
        return None

    def _note(self, operation: str, texts: Mapping[Place, str], answer: TestResponse) -> None:
        for place, text in texts.items():
            turn = self.turns[operation, place]
            turn.done += turn.at_once
            if answer.status_code < 300:
                self.taken[operation, place] = text.rpartition(" ")[2]

    def _text(self, turn: Turn) -> str:
        self.number += 1
        return f"{turn.text(self.texts)} {self.number:05}"

    def _send(self, probe: Probe, texts: Mapping[Place, str]) -> TestResponse:
        named = {place[0] for place in texts}
        body = {name: value for name, value in probe.json.items() if name in named or probe.method != "PATCH"}
        for place, text in texts.items():
            body = replaced(body, place, text)
        if "starts_at" in body:
            self.days += 1
            body["starts_at"] = (NOON + timedelta(days=6 + self.days)).isoformat()
        return self.sender.send(replace(probe, json=body, query={}))

    def _etag(self, path: str) -> str:
        """Return the version of the thing that a path leads to: the path itself, or what it is below."""
        while path.count("/") > 3:
            answer = self.sender.rest.get(path)
            if answer.status_code == 200 and "ETag" in answer.headers:
                return str(answer.headers["ETag"])
            path = path.rpartition("/")[0]
        return '"1"'


def pointer(place: Place) -> str:
    """Return how an answer names a place in the body."""
    return "/" + "/".join(map(str, place))


def _refused(answer: TestResponse, typed: Mapping[Place, Any]) -> set[Place]:
    if answer.status_code != 422:
        return set()
    pointers = {error["pointer"] for error in answer.json.get("errors", ())}  # type: ignore[union-attr]
    return {place for place in typed if pointer(place) in pointers}
