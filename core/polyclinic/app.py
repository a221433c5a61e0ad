"""The composition root: the only file that knows every feature."""

from __future__ import annotations

import importlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import structlog
from flask import Flask, current_app, g, request
from flask_babel import Babel  # type: ignore[import-untyped]
from flask_sqlalchemy import SQLAlchemy

from polyclinic.access.permissions import CORE_PERMISSIONS
from polyclinic.clients import regions, timeline
from polyclinic.facade.acting import plugin_permissions
from polyclinic.identity import actor_loading, rules
from polyclinic.kit.config import Config
from polyclinic.kit.db import Base, make_session_factory
from polyclinic.kit.zones import use_pinned_zones
from polyclinic.plugins.registry import PluginRegistry
from polyclinic.records.bodychart.chart import load_body_chart
from polyclinic.scheduling import today
from polyclinic.shell import build_shell
from polyclinic.web import openapi
from polyclinic.web.actor import Credential, CredentialKind, SignIn
from polyclinic.web.errors import register_error_handlers
from polyclinic.web.panels import slot, slot_batch
from polyclinic.web.rate_limit import Buckets
from polyclinic.web.rendering import install_templates
from polyclinic.web.routes import check_routes
from polyclinic.web.security_headers import install_security_headers
from polyclinic.web.sign_in_limit import PER_MINUTE_BY_ADDRESS, PER_MINUTE_BY_EMAIL
from polyclinic.web.static_files import install_static_files
from polyclinic.wiring import load_installed, wire

log = structlog.get_logger()

API_BLUEPRINTS = (
    "polyclinic.organisation.api:organisation",
    "polyclinic.organisation.api:clinics",
    "polyclinic.organisation.api:rooms",
    "polyclinic.organisation.audit_api:events",
    "polyclinic.administration.api:plugins",
    "polyclinic.identity.api:me",
    "polyclinic.identity.api:member_routes",
    "polyclinic.identity.api:api_key_routes",
    "polyclinic.therapists.api:therapists",
    "polyclinic.therapists.api:registration_routes",
    "polyclinic.clients.api:client_routes",
    "polyclinic.clients.api:duplicate_routes",
    "polyclinic.clients.health_api:flag_routes",
    "polyclinic.clients.health_api:flag_kind_routes",
    "polyclinic.clients.health_api:question_routes",
    "polyclinic.clients.health_api:history_routes",
    "polyclinic.scheduling.api:services",
    "polyclinic.scheduling.api:appointments",
    "polyclinic.scheduling.api:available_times",
    "polyclinic.records.api:records",
    "polyclinic.records.api:values",
    "polyclinic.extensions.api:extensions",
    "polyclinic.web.documents:api",
    "polyclinic.client_file.api:client_routes",
    "polyclinic.client_file.api:merge_routes",
    "polyclinic.client_file.api:difference_routes",
)
PAGE_BLUEPRINTS = (
    "polyclinic.web.health:pages",
    "polyclinic.web.openapi:pages",
    "polyclinic.web.styleguide:pages",
    "polyclinic.web.panels:pages",
    "polyclinic.web.documents:pages",
    "polyclinic.identity.pages:pages",
    "polyclinic.identity.pages:shell",
    "polyclinic.organisation.pages:pages",
    "polyclinic.administration.pages:pages",
    "polyclinic.administration.setting_pages:pages",
    "polyclinic.therapists.pages:pages",
    "polyclinic.clients.pages:pages",
    "polyclinic.clients.health_pages:pages",
    "polyclinic.scheduling.pages.services:pages",
    "polyclinic.scheduling.pages.today:pages",
    "polyclinic.scheduling.pages.calendar:pages",
    "polyclinic.scheduling.pages.booking:pages",
    "polyclinic.scheduling.pages.appointment:pages",
    "polyclinic.records.pages:pages",
    "polyclinic.client_file.pages:pages",
    "polyclinic.client_file.erase_pages:pages",
    "polyclinic.client_file.export_pages:pages",
    "polyclinic.extensions.pages:pages",
)
TIMELINE_SOURCES = (
    "polyclinic.scheduling.timeline:list_timeline_entries",
    "polyclinic.records.providers:list_timeline_entries",
    "polyclinic.client_file.timeline:list_timeline_entries",
)
TODAY_CARDS = ("polyclinic.records.providers:list_unsigned_cards",)
VISIT_ACTIONS = ("polyclinic.records.providers:list_visit_actions",)


def create_app(config: Config) -> Flask:
    """Build the application for `config`; it connects to the database on its first request."""
    use_pinned_zones()
    app = Flask("polyclinic", static_folder=None, template_folder=None)
    app.config["POLYCLINIC"] = config
    app.config["MAX_CONTENT_LENGTH"] = config.max_body_bytes
    app.config["MAX_FORM_MEMORY_SIZE"] = config.max_body_bytes
    app.config["MAX_FORM_PARTS"] = 5_000
    app.url_map.strict_slashes = False
    openapi.configure(app.config)
    _install_database(app, config)
    _install_extensions(app, config)
    install_security_headers(app)
    register_error_handlers(app)
    permissions = _register_features(app)
    check_routes(app, permissions)
    return app


def _install_database(app: Flask, config: Config) -> None:
    app.config["SQLALCHEMY_DATABASE_URI"] = config.database_url.replace("postgresql://", "postgresql+psycopg://", 1)
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {
        "pool_size": config.threads,
        "max_overflow": 0,
        "pool_timeout": config.pool_timeout_seconds,
        "pool_use_lifo": True,
        "hide_parameters": True,
        "json_serializer": lambda value: orjson.dumps(value).decode(),
        "json_deserializer": orjson.loads,
    }
    database = SQLAlchemy(app, model_class=Base, session_options={"expire_on_commit": False})
    # A new session for every transaction scope: one shared by a whole request would keep the tenant of its first BEGIN.
    with app.app_context():
        app.extensions["polyclinic_engine"] = database.engine
        app.extensions["polyclinic_session"] = make_session_factory(database.engine)


def _install_extensions(app: Flask, config: Config) -> None:
    Babel(app, locale_selector=lambda: "en")
    app.extensions["polyclinic_actor_loader"] = _load_sign_in
    app.extensions["polyclinic_shell_builder"] = build_shell
    app.extensions["polyclinic_buckets"] = Buckets(config.requests_per_minute)
    app.extensions["polyclinic_sign_in_by_email"] = Buckets(PER_MINUTE_BY_EMAIL)
    app.extensions["polyclinic_sign_in_by_address"] = Buckets(PER_MINUTE_BY_ADDRESS)
    app.permanent_session_lifetime = timedelta(hours=config.session_hours)


def _register_features(app: Flask) -> frozenset[str]:
    with app.app_context():
        registry = load_installed(app.extensions["polyclinic_session"], app.config["POLYCLINIC"].disabled_plugins)
    made = wire(registry)
    app.extensions["polyclinic_plugins"] = made
    install_templates(app, _plugin_folders(registry, "templates"))
    install_static_files(app, _plugin_folders(registry, "static"))
    cards = _named("polyclinic.extensions.pages:extension_cards")
    app.jinja_env.globals |= {"slot": slot, "slot_batch": slot_batch, "extension_cards": cards}
    api = openapi.DocumentedApi(app)
    app.extensions["polyclinic_api"] = api
    for name in API_BLUEPRINTS:
        api.register_blueprint(_named(name).blueprint)
    for name in PAGE_BLUEPRINTS:
        app.register_blueprint(_named(name).blueprint)
    for name in TIMELINE_SOURCES:
        timeline.register(_named(name))
    for name in TODAY_CARDS:
        today.add_card_source(_named(name))
    for name in VISIT_ACTIONS:
        today.add_action_source(_named(name))
    chart = load_body_chart()
    regions.use_regions({place.base: place.name.partition(",")[0] for view in chart.views for place in view.regions})
    permissions = set(CORE_PERMISSIONS)
    for plugin in registry.active:
        permissions |= {permission.key for permission in plugin.declarations.permissions}
        for mounted in plugin.declarations.api:
            api.register_blueprint(mounted.blueprint)
        for pages in plugin.declarations.pages:
            app.register_blueprint(pages.blueprint)
    return frozenset(permissions)


def _plugin_folders(registry: PluginRegistry, name: str) -> dict[str, Path]:
    return {plugin.id: plugin.package_dir / name for plugin in registry.active if plugin.package_dir}


def _named(name: str) -> Any:
    module, _, attribute = name.partition(":")
    return getattr(importlib.import_module(module), attribute)


def _load_sign_in(credential: Credential) -> SignIn:
    ip, request_id = request.remote_addr, g.get("request_id")
    if credential.kind is CredentialKind.KEY and credential.key_id is not None:
        actor = actor_loading.load_by_key(
            credential.organisation_id,
            credential.key_id,
            credential.secret,
            extra=plugin_permissions,
            origin=(ip, request_id),
        )
        return SignIn(actor)
    config: Config = current_app.config["POLYCLINIC"]
    proven = actor_loading.load_by_cookie(
        credential.organisation_id,
        credential.secret,
        idle_minutes=config.idle_minutes,
        extra=plugin_permissions,
        origin=(ip, request_id),
    )
    token = rules.csrf_token(credential.secret)
    return SignIn(proven.actor, csrf_token=token, theme=proven.theme, clinic_id=proven.clinic_id, email=proven.email)
