"""REST blueprints: the only user of flask-smorest's types; it documents, our code reads, checks and answers.

One operation = one decorated function `(actor, **url, [query], [body], [page], [row_version]) -> result`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from flask import Response, request
from flask.typing import ResponseReturnValue
from flask_smorest import Blueprint
from marshmallow import ValidationError
from marshmallow import fields as mf

from polyclinic.kit.errors import FieldError, Invalid, Malformed, VersionMissing
from polyclinic.kit.pagination import DEFAULT_LIMIT, MAX_LIMIT, Page, PageRequest, decode_cursor
from polyclinic.kit.schema import Instant, Schema, to_json
from polyclinic.web import edge, idempotency
from polyclinic.web.actor import SignIn, key_credential
from polyclinic.web.body import read_json
from polyclinic.web.rate_limit import check_rate
from polyclinic.web.routes import declare

FILE = {"type": "string", "format": "binary"}
"""How OpenAPI describes the content of a file."""


@dataclass(frozen=True)
class Operation:
    """How one REST operation reads, answers and is documented."""

    permission: str
    query: type[Schema] | None = None
    body: type[Schema] | None = None
    response: type[Schema] | None = None
    status: int = 200
    paged: bool = False
    if_match: bool = False
    needs_key: bool = False
    location: Callable[[Any], str] | None = None
    is_file: bool = False
    """The view returns a `Response` that holds a file of whatever type."""


class ProblemErrorSchema(Schema):
    """One field that needs a correction."""

    pointer = mf.String(metadata={"description": "JSON pointer into the body."})
    code = mf.String()
    detail = mf.String()


class ProblemConflictSchema(Schema):
    """One reason against a time."""

    code = mf.String()
    kind = mf.String()
    starts_at = Instant()
    ends_at = Instant()
    detail = mf.String()
    ref = mf.String(allow_none=True, metadata={"description": "The appointment in the way, if it is in your clinics."})


class ProblemSchema(Schema):
    """An RFC 9457 problem."""

    type = mf.String()
    title = mf.String()
    status = mf.Integer()
    detail = mf.String()
    instance = mf.String()
    code = mf.String()
    request_id = mf.String()
    permission = mf.String(metadata={"description": "With 403: the permission that is missing."})
    errors = mf.List(mf.Nested(ProblemErrorSchema), metadata={"description": "With 422: one per field."})
    conflicts = mf.List(
        mf.Nested(ProblemConflictSchema), metadata={"description": "With 409 from a booking: every reason."}
    )


class PageQuerySchema(Schema):
    """Paging parameters of every list."""

    limit = mf.Integer(
        metadata={"description": f"Rows per page, 1 to {MAX_LIMIT}.", "minimum": 1, "maximum": MAX_LIMIT}
    )
    cursor = mf.String(metadata={"description": "`next_cursor` of the page before."})


class IfMatchSchema(Schema):
    """The header of every change of a thing that has versions."""

    if_match = mf.String(
        required=True, data_key="If-Match", metadata={"description": "The ETag that was read.", "example": '"3"'}
    )


class KeySchema(Schema):
    """The header that makes a repeat harmless."""

    idempotency_key = mf.String(
        data_key="Idempotency-Key",
        metadata={"description": "Repeating a request with the same key has one effect.", "maxLength": 200},
    )


class NeededKeySchema(KeySchema):
    """The same where it must be sent."""

    idempotency_key = mf.String(
        required=True,
        data_key="Idempotency-Key",
        metadata={"description": "Repeating a request with the same key has one effect.", "maxLength": 200},
    )


class ApiBlueprint:
    """Registers REST operations and their OpenAPI description."""

    def __init__(
        self, name: str, url_prefix: str, *, tag: str, description: str = "", gate: edge.Gate | None = None
    ) -> None:
        self.blueprint = Blueprint(name, __name__, url_prefix=url_prefix, description=description)
        self.tag = tag
        self._gate = gate

    def get(self, rule: str, **options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Register a read."""
        return self._operation("GET", rule, Operation(**options))

    def post(self, rule: str, **options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Register a create or a state change; `Idempotency-Key` is honoured, with `needs_key` required."""
        return self._operation("POST", rule, Operation(**options))

    def patch(self, rule: str, **options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Register a JSON Merge Patch (RFC 7396); `If-Match` is required."""
        return self._operation("PATCH", rule, Operation(if_match=True, **options))

    def put(self, rule: str, **options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Register a full replacement; `If-Match` is required."""
        return self._operation("PUT", rule, Operation(if_match=True, **options))

    def delete(self, rule: str, **options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Register a removal."""
        return self._operation("DELETE", rule, Operation(status=204, **options))

    def _operation(
        self, method: str, rule: str, operation: Operation
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        def register(view: Callable[..., Any]) -> Callable[..., Any]:
            reader = _Reader(operation)

            @functools.wraps(view)
            def answer(**arguments: Any) -> ResponseReturnValue:
                def serve(sign_in: SignIn) -> ResponseReturnValue:
                    check_rate(sign_in.actor)
                    known = reader.read() | arguments

                    def effect() -> Response:
                        return _present(view(sign_in.actor, **known), operation)

                    return (
                        idempotency.once(sign_in.actor, effect, required=operation.needs_key)
                        if method == "POST"
                        else effect()
                    )

                return edge.run(serve, permission=operation.permission, credential=key_credential, gate=self._gate)

            declare(answer, operation.permission)
            answer.operation = operation  # type: ignore[attr-defined]
            answer._apidoc = _documentation(self.blueprint, view, operation, method)  # type: ignore[attr-defined]  # noqa: SLF001 -- flask-smorest reads it
            self.blueprint.route(rule, methods=[method], tags=[self.tag])(answer)
            return view

        return register


class _Reader:
    """Reads query, body, paging and version of one operation."""

    def __init__(self, operation: Operation) -> None:
        self.operation = operation
        self.query = operation.query() if operation.query else None
        self.body = operation.body() if operation.body else None
        self.filters = _filters(self.query)
        self.known = frozenset(self.filters) | ({"limit", "cursor"} if operation.paged else set())

    def read(self) -> dict[str, Any]:
        values: dict[str, Any] = {}
        _refuse_unknown(self.known)
        if self.query is not None:
            values["query"] = _load(self.query, _query_values(self.filters), where="query")
        if self.operation.paged:
            values["page"] = _page_request()
        if self.body is not None:
            values["body"] = _load(self.body, read_json(), where="body")
        if self.operation.if_match:
            values["row_version"] = _if_match()
        return values


def _filters(schema: Schema | None) -> dict[str, bool]:
    """Return the names of a query's parameters and whether each may come more than once."""
    fields = schema.load_fields.items() if schema else ()
    return {field.data_key or name: isinstance(field, mf.List) for name, field in fields}


def _refuse_unknown(known: frozenset[str]) -> None:
    unknown = sorted(name for name in request.args if name not in known)
    if unknown:
        allowed = ", ".join(sorted(known)) or "none"
        raise Malformed(f"Unknown parameter {unknown[0]!r}. Parameters of this address: {allowed}.")


def _query_values(filters: Mapping[str, bool]) -> dict[str, Any]:
    given = request.args
    values = {name: given.getlist(name) if filters[name] else given[name] for name in given if name in filters}
    if any("\x00" in str(value) for value in values.values()):
        raise Malformed("A parameter holds a NUL character. Remove it.")
    return values


def _load(schema: Schema, values: Any, *, where: str) -> Any:
    if not isinstance(values, dict) and not schema.many:
        raise Malformed("The body must be a JSON object.")
    try:
        return schema.load(values)
    except ValidationError as error:
        found = list(_field_errors(error.messages, ""))
        if where == "query":
            raise Malformed("; ".join(f"{e.pointer.lstrip('/')}: {e.detail}" for e in found)) from error
        raise Invalid(found) from error


def _field_errors(messages: Any, pointer: str) -> Any:
    if isinstance(messages, dict):
        for key, inner in messages.items():
            yield from _field_errors(inner, pointer if key == "_schema" else f"{pointer}/{key}")
        return
    for message in messages if isinstance(messages, list) else [messages]:
        if isinstance(message, dict | list):
            yield from _field_errors(message, pointer)
        else:
            yield FieldError(pointer=pointer or "/", detail=str(message))


def _page_request() -> PageRequest:
    text = request.args.get("limit", str(DEFAULT_LIMIT))
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= MAX_LIMIT:
        raise Malformed(f"limit must be a whole number from 1 to {MAX_LIMIT}.")
    cursor = request.args.get("cursor")
    try:
        return PageRequest(limit=int(text), after=decode_cursor(cursor) if cursor else None)
    except Invalid as error:
        raise Malformed(error.errors[0].detail) from error


def _if_match() -> int:
    header = request.headers.get("If-Match", "").strip()
    if not header:
        raise VersionMissing('Send If-Match with the ETag that you read, for example If-Match: "3".')
    text = header.removeprefix("W/").strip('"')
    if not text.isascii() or not text.isdigit():
        raise Malformed('If-Match must be one ETag of this resource, for example "3".')
    return min(int(text[:10]), 2**31 - 1)


def _present(result: Any, operation: Operation) -> Response:
    if isinstance(result, Response):
        return result
    schema = _schema(operation.response)
    if operation.status == 204:
        return Response(status=204)
    if isinstance(result, Page):
        body: Any = {
            "data": schema.json_rows(result.rows) if schema else list(result.rows),
            "next_cursor": result.next_cursor,
        }
    elif isinstance(result, list | tuple):
        body = {"data": schema.json_rows(result) if schema else list(result)}
    else:
        body = schema.json_row(result) if schema else result
    response = Response(to_json(body), status=operation.status, content_type="application/json")
    if operation.location is not None:
        response.headers["Location"] = operation.location(result)
    version = getattr(result, "row_version", None)
    if version is not None:
        response.headers["ETag"] = f'"{version}"'
        # Plugins' fields have versions of their own: what holds some is always sent.
        is_known = request.headers.get("If-None-Match") == f'"{version}"' and not getattr(result, "extensions", None)
        if request.method == "GET" and is_known:
            return Response(status=304, headers={"ETag": f'"{version}"'})
    return response


@functools.cache
def _schema(schema_class: type[Schema] | None) -> Schema | None:
    return schema_class() if schema_class else None


def _documentation(blueprint: Any, view: Callable[..., Any], operation: Operation, method: str) -> dict[str, Any]:
    # Every decorator copies what those before it noted, schemas with all their fields: what is small comes first.
    documented = blueprint.doc(**{"x-permission": operation.permission})(view)
    for status in _other_statuses(operation, method):
        documented = blueprint.alt_response(status, HTTPStatus(status).name)(documented)
    for schema, location in _arguments(operation, method):
        documented = blueprint.arguments(schema, location=location)(documented)
    if operation.is_file:
        documented = blueprint.response(operation.status, FILE, content_type="*/*")(documented)
    else:
        documented = blueprint.response(operation.status, _answer_schema(view, operation))(documented)
    return documented._apidoc  # type: ignore[no-any-return]  # noqa: SLF001 -- flask-smorest reads it


def _arguments(operation: Operation, method: str) -> Iterator[tuple[type[Schema], str]]:
    """Yield what an operation reads, and where from."""
    if operation.body is not None:
        yield operation.body, "json"
    if operation.query is not None:
        yield operation.query, "query"
    if operation.paged:
        yield PageQuerySchema, "query"
    if operation.if_match:
        yield IfMatchSchema, "headers"
    if method == "POST":
        yield NeededKeySchema if operation.needs_key else KeySchema, "headers"


def _other_statuses(operation: Operation, method: str) -> list[int]:
    """Return the statuses besides the usual one; `web/openapi.py` describes them once for all operations."""
    statuses = [400, 401, 403, 404, 422, 429, 503]
    if method != "GET":
        statuses += [409, 413]
    elif operation.response is not None and "row_version" in operation.response().dump_fields:
        statuses.append(304)
    if operation.if_match:
        statuses += [412, 428]
    return sorted(statuses)


def _answer_schema(view: Callable[..., Any], operation: Operation) -> Any:
    """Return what is documented: one thing, a page, or (views that return a sequence) all of them in `data`."""
    row = operation.response
    if row is None:
        return None
    name = row.__name__.removesuffix("Schema")
    if operation.paged:
        return _page_schema(row, f"{name}PageSchema")
    if str(view.__annotations__.get("return", "")).startswith(("Sequence[", "list[", "tuple[")):
        return _list_schema(row, f"{name}ListSchema")
    return row


@functools.cache
def _list_schema(row: type[Schema], name: str) -> Any:
    return Schema.from_dict({"data": mf.List(mf.Nested(row))}, name=name)


@functools.cache
def _page_schema(row: type[Schema], name: str) -> Any:
    return Schema.from_dict({"data": mf.List(mf.Nested(row)), "next_cursor": mf.String(allow_none=True)}, name=name)
