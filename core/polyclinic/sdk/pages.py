"""Pages of a plugin: views, forms, what they answer with."""

from polyclinic.plugins.contract import PageRoutes
from polyclinic.web.forms import FormState, load_form
from polyclinic.web.page_forms import NamedForm
from polyclinic.web.plugin_answers import (
    form_arguments,
    query_arguments,
    redirect,
    render,
    render_fragment,
    send,
    toast,
)
from polyclinic.web.plugin_pages import PluginPages
from polyclinic.web.rendering import is_htmx

__all__ = [
    "FormState",
    "NamedForm",
    "PageRoutes",
    "PluginPages",
    "form_arguments",
    "is_htmx",
    "load_form",
    "query_arguments",
    "redirect",
    "render",
    "render_fragment",
    "send",
    "toast",
]
