"""The export of a client as a page to read or print, and as a file."""

from __future__ import annotations

from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Response, redirect
from flask.typing import ResponseReturnValue

from polyclinic.client_file.schemas import ClientExportSchema
from polyclinic.client_file.services.exporting import READ_RECORDS, export_client
from polyclinic.client_file.views import shown
from polyclinic.client_file.vocabulary import CONTACT_FIELDS
from polyclinic.clients.queries import get_client
from polyclinic.clients.views import clinic_options, zone_of
from polyclinic.kit.schema import to_json
from polyclinic.web.actor import SignIn
from polyclinic.web.clinic_choice import chosen_clinic
from polyclinic.web.page_blueprint import PageBlueprint
from polyclinic.web.rendering import render

pages = PageBlueprint("client_exporting", url_prefix="/clients")


@pages.get("/<uuid:client_id>/export", permission=READ_RECORDS)
def show_export(sign_in: SignIn, client_id: UUID) -> ResponseReturnValue:
    """Show everything known of a client, to read or print."""
    client = get_client(sign_in.actor, client_id)
    if client.id != client_id:
        return redirect(f"/clients/{client.id}/export")
    export = export_client(sign_in.actor, client_id)
    contact = [(label, shown(name, export.client[name])) for name, label in CONTACT_FIELDS.items()]
    zone = ZoneInfo(zone_of(clinic_options(sign_in.actor), chosen_clinic(sign_in)))
    return render("client_file/export.html", export=export, client=client, contact=contact, zone=zone)


@pages.get("/<uuid:client_id>/export.json", permission=READ_RECORDS)
def download_export(sign_in: SignIn, client_id: UUID) -> Response:
    """Send the export as a file."""
    export = export_client(sign_in.actor, client_id)
    response = Response(to_json(ClientExportSchema().json_row(export)), content_type="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="client-{export.client["id"]}.json"'
    return response
