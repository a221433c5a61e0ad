"""Both targets must do the same work: equal JSON for reads, equal shape for writes."""

from __future__ import annotations

import operator
from typing import Any

import orjson

from benchmarks.measuring import WrongAnswer, check, drive
from benchmarks.operations import Operations
from benchmarks.plan import WRITES
from benchmarks.servers import Server

SAMPLES = 25


def compare(operation: str, operations: Operations, product: Server, ceiling: Server) -> None:
    """Raise `WrongAnswer` when the two answers to some acts differ."""
    ours = operations.acts(operation, SAMPLES)
    theirs = operations.acts(operation, SAMPLES) if operation in WRITES else ours
    answers = []
    for server, acts in ((product, ours), (ceiling, theirs)):
        answered = drive(server.port, acts, 1)[1]
        check(server, acts, answered)
        answers.append([orjson.loads(body) for _, bodies in answered for body in bodies])
    agrees = same_shape if operation in WRITES else operator.eq
    for mine, other in zip(*answers, strict=True):
        if not agrees(mine, other):
            raise WrongAnswer(f"operation {operation}: the product says {mine}, the ceiling says {other}")


def same_shape(mine: Any, other: Any) -> bool:
    """Tell whether two JSON values have the same keys and types; null fits any type, an empty list any list."""
    if mine is None or other is None:
        return True
    if isinstance(mine, dict) and isinstance(other, dict):
        return mine.keys() == other.keys() and all(same_shape(mine[name], other[name]) for name in mine)
    if isinstance(mine, list) and isinstance(other, list):
        return not mine or not other or same_shape(mine[0], other[0])
    return type(mine) is type(other)
