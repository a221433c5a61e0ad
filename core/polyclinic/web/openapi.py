"""The OpenAPI document and its browsable page, rendered by us (the stock page fails colour contrast)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from http import HTTPStatus
from typing import Any

import orjson
from flask import Response, current_app
from flask_smorest import Api

from polyclinic.kit.errors import NotFound
from polyclinic.web.api_blueprint import ProblemSchema
from polyclinic.web.api_groups import list_groups, list_schemas
from polyclinic.web.page_blueprint import PageBlueprint
from polyclinic.web.rendering import render

pages = PageBlueprint("api_docs", url_prefix="/api")
_HEADERS = {412: ("ETag",), 429: ("Retry-After",), 503: ("Retry-After",)}


class DocumentedApi(Api):  # type: ignore[misc]
    """flask-smorest as a documenter: errors and pages are ours."""

    DEFAULT_ERROR_RESPONSE_NAME = None

    @cached_property
    def document(self) -> dict[str, Any]:
        """Return the document; ask when every route is registered, and do not change it."""
        described: dict[str, Any] = _portable(self.spec.to_dict())
        # flask-smorest names its blueprints as tags; operations bear ours, and pages of lists have their own form.
        described["tags"] = [{"name": name} for name in sorted(set(_tags_of(described)))]
        described["components"]["schemas"].pop("PaginationMetadata", None)
        return described

    def _register_error_handlers(self) -> None:
        """Leave error answers to `web/errors.py`."""

    def _register_responses(self) -> None:
        """Describe every refusal once, as the problem that `web/errors.py` sends."""
        components = self.spec.components
        components.response(HTTPStatus.NOT_MODIFIED.name, {"description": "Unchanged since it was read."}, lazy=True)
        for status in HTTPStatus:
            if status >= HTTPStatus.BAD_REQUEST:
                components.response(status.name, _refusal(status), lazy=True)


def _tags_of(described: dict[str, Any]) -> Iterator[str]:
    for path in described["paths"].values():
        for operation in path.values():
            yield from operation.get("tags", ()) if isinstance(operation, dict) else ()


def _refusal(status: HTTPStatus) -> dict[str, Any]:
    return {
        "description": status.phrase,
        "content": {"application/problem+json": {"schema": ProblemSchema}},
        "headers": {name: {"schema": {"type": "string"}} for name in _HEADERS.get(status, ())},
    }


def configure(config: dict[str, Any]) -> None:
    """Set the document's title and version; no page of flask-smorest is served."""
    config |= {
        "API_TITLE": "Polyclinic",
        "API_VERSION": "v1",
        "OPENAPI_VERSION": "3.1.0",
        "API_SPEC_OPTIONS": {
            "info": {"description": "Practice management for clinic chains in hands-on care."},
            "security": [{"apiKey": []}],
            "components": {
                "securitySchemes": {
                    "apiKey": {"type": "http", "scheme": "bearer", "description": "pc_<organisation>_<key id>_<secret>"}
                }
            },
        },
    }


def document() -> dict[str, Any]:
    """Return the OpenAPI document of core and all installed plugins."""
    api: DocumentedApi = current_app.extensions["polyclinic_api"]
    return api.document


def _portable(part: Any) -> Any:
    """Write patterns as JSON Schema reads them: searched for anywhere, without Python's own end mark."""
    if isinstance(part, list):
        return [_portable(item) for item in part]
    if not isinstance(part, dict):
        return part
    return {
        name: _anchored(value) if name == "pattern" and isinstance(value, str) else _portable(value)
        for name, value in part.items()
    }


def _anchored(pattern: str) -> str:
    end = r"\Z"
    body, closing = pattern.removesuffix(end), "$" if pattern.endswith(end) else ""
    return f"{body}{closing}" if body.startswith("^") else f"^(?:{body}){closing}"


@pages.public("/docs", "GET", opens_transaction=False)
def show_docs() -> str:
    """Show where every operation stands: all of them in full are too much for one page."""
    described = document()
    return render("web/api_docs.html", info=described["info"], groups=list_groups(described))


@pages.public("/docs/groups/<api_group>", "GET", opens_transaction=False)
def show_group(api_group: str) -> str:
    """Explain the operations of one group and their schemas; raises `NotFound`."""
    described = document()
    groups = list_groups(described)
    group = next((group for group in groups if group.slug == api_group), None)
    if group is None:
        raise NotFound("page")
    server = described["servers"][0]["url"] if described.get("servers") else ""
    schemas = list_schemas(described, group)
    return render("web/api_group.html", spec=described, groups=groups, group=group, schemas=schemas, server=server)


@pages.public("/docs/problems", "GET", opens_transaction=False)
def show_problems() -> str:
    """Explain the problem codes of the API."""
    return render("web/problems.html", problems=PROBLEMS)


@pages.public("/v1/openapi.json", "GET", opens_transaction=False)
def show_openapi() -> Response:
    """Return the OpenAPI document."""
    return Response(orjson.dumps(document(), option=orjson.OPT_SORT_KEYS), content_type="application/json")


PROBLEMS: tuple[tuple[str, int, str], ...] = (
    ("malformed", 400, "The request could not be read, or a parameter is unknown. Correct it as the detail says."),
    ("not_signed_in", 401, "The API key is missing, wrong, expired or revoked. Create a new one."),
    ("not_allowed", 403, "The key or role lacks the permission that the answer names."),
    ("not_found", 404, "There is no such thing within your clinics."),
    ("conflict", 409, "Something else forbids the change; a booking lists every conflict in `conflicts`."),
    ("time_taken", 409, "Somebody else took the time in the same moment. Choose another one."),
    ("id_taken", 409, "There is a thing with this id already. Send another id or none."),
    ("name_taken", 409, "The name is in use. Choose another."),
    ("locked", 409, "Somebody is changing the same thing right now. Try again in a moment."),
    ("not_a_step", 409, "The appointment's state does not allow this step."),
    ("too_early", 409, "The step comes before the visit's start."),
    ("not_movable", 409, "An appointment in this state cannot be moved."),
    ("possible_duplicate", 409, "Such a client may exist already. Look, then send again without refuse_duplicates."),
    ("idempotency_key_reused", 422, "The Idempotency-Key belongs to another request. Use a new one."),
    ("stale", 412, "The thing changed since you read it. Read it again and repeat with the new ETag."),
    ("too_many_rows", 409, "The answer is larger than one request may have. Narrow the question, or ask for a file."),
    ("plugin_refused", 409, "A plugin did not take part, so nothing was changed. The detail names it and its log."),
    ("appointments_overlap", 409, "The two clients are expected somewhere at the same time. Move or cancel one visit."),
    ("already_merged", 409, "The client was merged into another. Go on with the one who survived."),
    ("client_erased", 409, "The client was erased. Nothing can be booked or changed for them any more."),
    ("too_large", 413, "The request is larger than the limit. Nothing was saved."),
    ("invalid", 422, "Fields need a correction; `errors` names each by JSON pointer."),
    ("version_missing", 428, "Send If-Match with the ETag that you read."),
    ("too_many_requests", 429, "Wait as long as Retry-After says."),
    ("unavailable", 503, "The service is busy. Nothing was changed; try again after Retry-After seconds."),
)
