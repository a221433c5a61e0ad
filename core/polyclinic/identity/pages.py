"""Pages of the identity feature: sign-in, sign-out, the shell's switches."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from flask import Response, current_app, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from polyclinic.access.permissions import SIGNED_IN
from polyclinic.identity import schemas
from polyclinic.identity.commands import ChangePassword, SignInWithPassword
from polyclinic.identity.services import members, signing_in
from polyclinic.kit.db import transaction
from polyclinic.kit.errors import NotSignedIn, PolyclinicError
from polyclinic.kit.ids import parse_id
from polyclinic.web.actor import SignIn, cookie_credential, cookie_name
from polyclinic.web.clinic_choice import without_clinic
from polyclinic.web.forms import FormState, load_form
from polyclinic.web.page_blueprint import PageBlueprint
from polyclinic.web.rendering import render
from polyclinic.web.sign_in_limit import check_sign_in_rate

pages = PageBlueprint("sign_in", url_prefix="")
shell = PageBlueprint("shell", url_prefix="")


@pages.public("/sign-in", "GET", opens_transaction=False)
def show_sign_in() -> str:
    """Show the sign-in form."""
    return _form(FormState())


@pages.public("/sign-in", "POST", opens_transaction=False)
def submit_sign_in() -> ResponseReturnValue:
    """Sign in and go to where the reader wanted to be."""
    command, state = load_form(schemas.SignInSchema)
    if command is None:
        return _form(state), 422
    try:
        check_sign_in_rate(command.email, request.remote_addr or "")
        with transaction(current_app.extensions["polyclinic_session"]):
            is_demo = current_app.config["POLYCLINIC"].is_demo
            memberships = signing_in.find_memberships(command, is_demo=is_demo)
    except PolyclinicError as error:
        return _form(state.with_error(error)), 401 if isinstance(error, NotSignedIn) else 429
    chosen = _choose(memberships, command)
    if chosen is None:
        return _form(state, memberships), 200
    return _open(chosen)


def _choose(memberships: Sequence[signing_in.Membership], command: SignInWithPassword) -> signing_in.Membership | None:
    found = list(memberships)
    if command.organisation_id is not None:
        found = [membership for membership in found if membership.organisation_id == command.organisation_id]
    return found[0] if len(found) == 1 else None


def _open(membership: signing_in.Membership) -> Response:
    config = current_app.config["POLYCLINIC"]
    with transaction(current_app.extensions["polyclinic_session"], organisation_id=membership.organisation_id):
        value = signing_in.open_session(membership, session_hours=config.session_hours, ip=request.remote_addr)
    response = make_response(redirect(safe_target(request.form.get("next", ""), "/today")))
    response.set_cookie(cookie_name(), value, secure=config.secure_cookies, httponly=True, samesite="Lax", path="/")
    return response


def _form(state: FormState, memberships: Sequence[signing_in.Membership] = ()) -> str:
    target = request.values.get("next", "")
    is_demo = current_app.config["POLYCLINIC"].is_demo
    return render("identity/sign_in.html", form=state, memberships=memberships, next=target, is_demo=is_demo)


@pages.post("/sign-out", permission=SIGNED_IN)
def sign_out(sign_in: SignIn) -> ResponseReturnValue:
    """End this session."""
    signing_in.sign_out(sign_in.actor, cookie_credential().secret)
    response = make_response(redirect(url_for("sign_in.show_sign_in")))
    response.delete_cookie(cookie_name(), path="/", secure=current_app.config["POLYCLINIC"].secure_cookies)
    return response


@pages.get("/account", permission=SIGNED_IN)
def show_account(sign_in: SignIn) -> str:
    """Show one's own account with the password form."""
    return render("identity/account.html", actor=sign_in.actor, email=sign_in.email, form=FormState())


@pages.post("/account/password", permission=SIGNED_IN)
def change_password(sign_in: SignIn) -> ResponseReturnValue:
    """Change one's own password and sign in again."""
    command: ChangePassword | None
    command, state = load_form(schemas.ChangePasswordSchema)
    try:
        if command is not None:
            members.change_password(sign_in.actor, command)
            return redirect(url_for("sign_in.show_sign_in"))
    except PolyclinicError as error:
        state = state.with_error(error)
    shown = FormState({}, state.errors)
    return render("identity/account.html", actor=sign_in.actor, email=sign_in.email, form=shown), 422


@shell.public("/", "GET", opens_transaction=False)
def root() -> ResponseReturnValue:
    """Lead to Today."""
    return redirect("/today")


@shell.post("/clinic", permission=SIGNED_IN)
def choose_clinic(sign_in: SignIn) -> ResponseReturnValue:
    """Switch the clinic and stay on the page, which then shows the new choice even where its address named another."""
    clinic = request.form.get("clinic", "all")
    signing_in.choose_clinic(sign_in.actor, cookie_credential().secret, None if clinic == "all" else parse_id(clinic))
    return redirect(without_clinic(safe_target(request.form.get("next", ""), "/today")))


@shell.post("/theme", permission=SIGNED_IN)
def choose_theme(sign_in: SignIn) -> ResponseReturnValue:
    """Switch between light, dark and the system's choice."""
    signing_in.choose_theme(sign_in.actor, cookie_credential().secret, request.form.get("theme", "auto"))
    return redirect(safe_target(request.form.get("next", ""), "/today"))


def safe_target(target: str, default: str) -> str:
    """Return a path on this site; anything that could lead elsewhere becomes the default."""
    parts = urlsplit(target)
    is_local = target.startswith("/") and not target.startswith(("//", "/\\")) and not parts.netloc and not parts.scheme
    return target if is_local and "\\" not in target and target.isprintable() else default
