"""HTTP clients for tests: REST with an API key, pages with a session."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from polyclinic.identity.services.signing_in import Membership, open_session
from polyclinic.kit.db import transaction
from polyclinic.testing.worlds import Person
from polyclinic.web.actor import cookie_name


class RestClient:
    """Sends JSON with one API key; every method returns werkzeug's response."""

    def __init__(self, app: Flask, token: str | None) -> None:
        self._client = app.test_client(use_cookies=False)
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def get(self, path: str, **options: Any) -> TestResponse:
        """Send GET."""
        return self._send("GET", path, **options)

    def post(self, path: str, json: Any = None, **options: Any) -> TestResponse:
        """Send POST; without a body when `json` is None."""
        return self._send("POST", path, json=json, **options)

    def patch(self, path: str, json: Any, *, etag: str | int | None = None, **options: Any) -> TestResponse:
        """Send PATCH with If-Match."""
        return self._send("PATCH", path, json=json, etag=etag, **options)

    def put(self, path: str, json: Any, *, etag: str | int | None = None, **options: Any) -> TestResponse:
        """Send PUT with If-Match."""
        return self._send("PUT", path, json=json, etag=etag, **options)

    def delete(self, path: str, **options: Any) -> TestResponse:
        """Send DELETE."""
        return self._send("DELETE", path, **options)

    def _send(
        self, method: str, path: str, *, etag: str | int | None = None, key: str | None = None, **options: Any
    ) -> TestResponse:
        headers = self._headers | options.pop("headers", {})
        if etag is not None:
            headers["If-Match"] = etag if isinstance(etag, str) else f'"{etag}"'
        if key is not None:
            headers["Idempotency-Key"] = key
        return self._client.open(path, method=method, headers=headers, **options)


class PageClient:
    """A browser without a screen: signs in, keeps its cookie, sends forms with the CSRF token."""

    def __init__(self, app: Flask) -> None:
        self._client: FlaskClient = app.test_client()
        self.csrf_token = ""

    def sign_in(self, email: str, password: str) -> TestResponse:
        """Sign in and remember the form token."""
        response = self._client.post("/sign-in", data={"email": email, "password": password})
        self._remember_form_token()
        return response

    def enter(self, person: Person) -> None:
        """Be signed in without asking for the password: hashing it takes longer than most pages."""
        application = self._client.application
        actor = person.actor
        own = Membership(person.member.user_id, actor.organisation_id, "", person.member.id)
        with application.app_context():
            with transaction(application.extensions["polyclinic_session"], organisation_id=actor.organisation_id):
                value = open_session(own, session_hours=1, ip="127.0.0.1")
            self._client.set_cookie(cookie_name(), value)
        self._remember_form_token()

    def get(self, path: str, **options: Any) -> TestResponse:
        """Load a page."""
        return self._client.get(path, **options)

    def post(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> TestResponse:
        """Send a form."""
        return self._client.post(path, data={"csrf_token": self.csrf_token, **(data or {})}, **options)

    def _remember_form_token(self) -> None:
        page = self._client.get("/account").get_data(as_text=True)
        found = re.search(r'name="csrf_token" value="([^"]+)"', page)
        self.csrf_token = found.group(1) if found else ""
