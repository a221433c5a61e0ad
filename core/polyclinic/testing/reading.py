"""Reads pages as a browser's parser does: forms with their values, links, and every element and attribute."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TypeAlias

Attributes: TypeAlias = dict[str, str]

_BUTTONS = frozenset({"submit", "button", "image"})
_UNSENT = frozenset({"reset", "file"})


@dataclass
class Form:
    """One form: where it sends to, how, and what it would send if nobody touched it."""

    action: str
    method: str
    values: list[tuple[str, str]] = field(default_factory=list)

    def with_value(self, name: str, value: str) -> list[tuple[str, str]]:
        """Return what is sent when one field holds another value."""
        return [(known, value if known == name else old) for known, old in self.values]


@dataclass
class Page:
    """A parsed page."""

    elements: list[tuple[str, Attributes]] = field(default_factory=list)
    forms: list[Form] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    text: str = ""


def read_page(html: str) -> Page:
    """Return what a page holds."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.page


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = Page()
        self._by_id: dict[str, Form] = {}
        self._open: Form | None = None
        self._select: tuple[Form | None, str, list[tuple[str, bool]]] | None = None
        self._textarea: tuple[Form | None, str] | None = None
        self._typed = ""

    def updatepos(self, i: int, j: int) -> int:  # noqa: ARG002 -- the signature of the standard library
        """Count no lines: nobody asks where something stands, and counting takes a tenth of the time."""
        return j

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.page.elements.append((tag, found))
        if tag == "a" and "href" in found:
            self.page.links.append(found["href"])
        handler = getattr(self, f"_start_{tag}", None)
        if handler is not None:
            handler(found)
        self._follow_htmx(found)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "select" and self._select is not None:
            form, name, options = self._select
            self._send(form, name, _chosen(options))
            self._select = None
        elif tag == "textarea" and self._textarea is not None:
            self._send(self._textarea[0], self._textarea[1], self._typed.removeprefix("\n"))
            self._textarea = None

    def handle_comment(self, data: str) -> None:
        self.page.comments.append(data)

    def handle_data(self, data: str) -> None:
        self.page.text += data
        if self._textarea is not None:
            self._typed += data

    def _start_form(self, found: Attributes) -> None:
        method = found.get("method", "get").lower()
        form = Form(found.get("action", ""), method)
        self.page.forms.append(form)
        self._open = form
        if "id" in found:
            self._by_id[found["id"]] = form

    def _start_input(self, found: Attributes) -> None:
        kind, name = found.get("type", "text"), found.get("name", "")
        if not name or kind in _UNSENT:
            return
        is_ticked = kind not in {"checkbox", "radio"} or "checked" in found
        if is_ticked and kind not in _BUTTONS:
            self._send(self._form_of(found), name, found.get("value", "on" if kind == "checkbox" else ""))

    def _start_button(self, found: Attributes) -> None:
        form = self._form_of(found)
        if form is None or found.get("type", "submit") != "submit":
            return
        target = form
        if "formaction" in found:
            target = Form(found["formaction"], found.get("formmethod", form.method).lower(), list(form.values))
            self.page.forms.append(target)
        names = {name for name, _ in target.values}
        if found.get("name") and found["name"] not in names:
            self._send(target, found["name"], found.get("value", ""))

    def _start_select(self, found: Attributes) -> None:
        self._select = (self._form_of(found), found.get("name", ""), [])

    def _start_option(self, found: Attributes) -> None:
        if self._select is not None:
            self._select[2].append((found.get("value", ""), "selected" in found))

    def _start_textarea(self, found: Attributes) -> None:
        self._textarea = (self._form_of(found), found.get("name", ""))
        self._typed = ""

    def _form_of(self, found: Attributes) -> Form | None:
        return self._by_id.get(found.get("form", ""), self._open)

    def _send(self, form: Form | None, name: str, value: str) -> None:
        if form is not None and name:
            form.values.append((name, value))

    def _follow_htmx(self, found: Attributes) -> None:
        for name in ("hx-post", "hx-get"):
            if found.get(name):
                values = self._open.values if self._open is not None else []
                self.page.forms.append(Form(found[name], name.removeprefix("hx-"), values))


def _chosen(options: Sequence[tuple[str, bool]]) -> str:
    """Return the selected value, else the first that is not empty: a probe wants something to replace."""
    selected = next((value for value, is_selected in options if is_selected and value), None)
    return selected if selected is not None else next((value for value, _ in options if value), "")
