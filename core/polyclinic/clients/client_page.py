"""The client page, which contact data and health data share."""

from __future__ import annotations

from polyclinic.clients.rows import ClientRow
from polyclinic.clients.views import client_view, clinic_options
from polyclinic.web.actor import SignIn
from polyclinic.web.clinic_choice import chosen_clinic
from polyclinic.web.page_forms import NamedForm, named_forms
from polyclinic.web.rendering import render


def client_page(sign_in: SignIn, client: ClientRow, failed: NamedForm | None = None) -> str:
    """Return the client page; `failed` is a form of it that came back with something to correct."""
    clinics = clinic_options(sign_in.actor)
    view = client_view(sign_in.actor, client, clinics, chosen_clinic(sign_in))
    return render("clients/client.html", view=view, header=view.header, forms=named_forms({"flag": {}}, failed))
