"""Members and their roles."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import IntegrityError

from polyclinic.access.actor import Actor
from polyclinic.access.scope import require
from polyclinic.audit import trail
from polyclinic.identity import passwords, rules
from polyclinic.identity.commands import AssignRole, ChangePassword, CreateMember, RoleAt
from polyclinic.identity.models import Member, RoleAssignment, SignInSession
from polyclinic.identity.vocabulary import Role
from polyclinic.kit import clock
from polyclinic.kit.db import session
from polyclinic.kit.errors import Conflict, Invalid, NotAllowed, NotFound
from polyclinic.kit.ids import new_id

PASSWORD_HINT = f"Use {rules.MIN_PASSWORD_LENGTH} to {rules.MAX_PASSWORD_LENGTH} characters, for example four words."
_CREATE_USER = text("SELECT create_user_account(:id, :email, :folded, :hash)")
_SET_PASSWORD = text("SELECT set_user_password(:user_id, :hash)")
_PASSWORD_HASH = text("SELECT user_password_hash(:user_id)")


def create_member(actor: Actor, command: CreateMember) -> Member:
    """Let a person work here; raises `Conflict` when they already do."""
    require(actor, "members:write")
    _check_password(command.password, field="password")
    for role in command.roles:
        _check_role(actor, role)
    folded = rules.fold_email(command.email)
    values = {
        "id": new_id(),
        "email": command.email.strip(),
        "folded": folded,
        "hash": passwords.hash_password(command.password),
    }
    user_id = session().execute(_CREATE_USER, values).scalar_one()
    member = Member(
        organisation_id=actor.organisation_id,
        id=command.id or new_id(),
        user_id=user_id,
        display_name=command.display_name,
        email=command.email.strip(),
    )
    try:
        with session().begin_nested():
            session().add(member)
    except IntegrityError as error:
        raise Conflict("This person already works here. Change their roles instead.", code="member_exists") from error
    for role in command.roles:
        _add_role(member, role)
    detail = {"roles": [role.role for role in command.roles]}
    trail.write(actor, "member.created", trail.Subject("member", member.id), detail=detail)
    return member


def assign_role(actor: Actor, command: AssignRole) -> None:
    """Give a member a role; giving it twice changes nothing."""
    require(actor, "members:write")
    _check_role(actor, command.role)
    member = _member(actor, command.member_id)
    try:
        with session().begin_nested():
            _add_role(member, command.role)
    except IntegrityError:
        return
    subject = trail.Subject("member", member.id, command.role.clinic_id)
    trail.write(actor, "member.role_assigned", subject, detail={"role": command.role.role})


def withdraw_role(actor: Actor, command: AssignRole) -> None:
    """Take a role from a member; raises `NotFound` when they lack it, `Conflict` for one's own administration."""
    require(actor, "members:write")
    is_own = command.member_id == actor.member_id and command.role.role == Role.CHAIN_ADMINISTRATOR
    if is_own:
        raise Conflict("You cannot take the administration from yourself. Ask another chain administrator.")
    statement = delete(RoleAssignment).where(
        RoleAssignment.organisation_id == actor.organisation_id,
        RoleAssignment.member_id == command.member_id,
        RoleAssignment.role == command.role.role,
        RoleAssignment.clinic_id.is_not_distinct_from(command.role.clinic_id),
    )
    if session().execute(statement).rowcount == 0:  # type: ignore[attr-defined]
        raise NotFound("role assignment")
    subject = trail.Subject("member", command.member_id, command.role.clinic_id)
    trail.write(actor, "member.role_withdrawn", subject, detail={"role": command.role.role})


def disable_member(actor: Actor, member_id: UUID) -> None:
    """End a member's access: their sessions and keys stop with this transaction."""
    require(actor, "members:write")
    if member_id == actor.member_id:
        raise Conflict("You cannot disable yourself. Ask another chain administrator.")
    member = _member(actor, member_id)
    now = clock.now()
    member.disabled_at = now
    member.row_version += 1
    sessions = update(SignInSession).where(
        SignInSession.organisation_id == actor.organisation_id,
        SignInSession.member_id == member_id,
        SignInSession.revoked_at.is_(None),
    )
    session().execute(sessions.values(revoked_at=now))
    trail.write(actor, "member.disabled", trail.Subject("member", member_id))


def change_password(actor: Actor, command: ChangePassword) -> None:
    """Change one's own password; every session of the user ends, this one too."""
    stored = session().execute(_PASSWORD_HASH, {"user_id": actor.user_id}).scalar_one_or_none()
    if not passwords.is_password(stored, command.current):
        raise Invalid({"current": "The current password is wrong."})
    _check_password(command.new, field="new")
    session().execute(_SET_PASSWORD, {"user_id": actor.user_id, "hash": passwords.hash_password(command.new)})
    trail.write(actor, "member.password_changed", trail.Subject("member", actor.member_id))


def _member(actor: Actor, member_id: UUID) -> Member:
    statement = select(Member).where(Member.organisation_id == actor.organisation_id, Member.id == member_id)
    member = session().execute(statement).scalar_one_or_none()
    if member is None:
        raise NotFound("member")
    return member


def _check_role(actor: Actor, role: RoleAt) -> None:
    if role.role not in set(Role):
        raise Invalid({"roles": f"There is no role {role.role!r}. Choose one of: {', '.join(Role)}."})
    if role.clinic_id is not None and role.clinic_id not in actor.clinic_ids:
        raise NotFound("clinic")
    if role.clinic_id is None and len(actor.clinics_with("members:write")) < len(actor.clinic_ids):
        raise NotAllowed("Only a chain administrator assigns roles at all clinics.", permission="members:write")


def _add_role(member: Member, role: RoleAt) -> None:
    session().add(
        RoleAssignment(
            organisation_id=member.organisation_id,
            id=new_id(),
            member_id=member.id,
            role=role.role,
            clinic_id=role.clinic_id,
        )
    )
    session().flush()


def _check_password(password: str, *, field: str) -> None:
    if passwords.is_refused(password):
        raise Invalid({field: "This is the published password of the demo. Choose another."})
    if not rules.MIN_PASSWORD_LENGTH <= len(password) <= rules.MAX_PASSWORD_LENGTH:
        raise Invalid({field: PASSWORD_HINT})
