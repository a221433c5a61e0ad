"""What SQL of a plugin may read of core: the views `pub.v1_*` as SQLAlchemy tables; see the data dictionary."""

from polyclinic.plugins import views_of_events, views_of_places, views_of_visits
from polyclinic.plugins.views import on_days, table_of

organisation = table_of(views_of_places.ORGANISATION)
clinic = table_of(views_of_places.CLINIC)
room = table_of(views_of_places.ROOM)
member = table_of(views_of_places.MEMBER)
therapist = table_of(views_of_places.THERAPIST)
therapist_clinic = table_of(views_of_places.THERAPIST_CLINIC)
working_hours = table_of(views_of_places.WORKING_HOURS)
service = table_of(views_of_places.SERVICE)
client_min = table_of(views_of_visits.CLIENT_MIN)
client_clinic = table_of(views_of_visits.CLIENT_CLINIC)
appointment = table_of(views_of_visits.APPOINTMENT)
treatment_record = table_of(views_of_visits.TREATMENT_RECORD)
measurement = table_of(views_of_visits.MEASUREMENT)
event = table_of(views_of_events.EVENT)

__all__ = [
    "appointment",
    "client_clinic",
    "client_min",
    "clinic",
    "event",
    "measurement",
    "member",
    "on_days",
    "organisation",
    "room",
    "service",
    "therapist",
    "therapist_clinic",
    "treatment_record",
    "working_hours",
]
