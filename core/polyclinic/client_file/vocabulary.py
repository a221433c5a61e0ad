"""The closed sets and limits of merging, erasing and exporting."""

from __future__ import annotations

from datetime import timedelta

MERGE = "clients:merge"
ERASE = "clients:erase"
UNDO_WITHIN = timedelta(days=30)
"""How long a merge can be undone."""
MIN_ERASE_REASON = 10
SHOWN_OVERLAPS = 20
LOOKED_BACK = timedelta(days=365)
"""How far back an export searches the lists in which a file was shown."""
CONTACT_FIELDS = {
    "given_name": "Given name",
    "family_name": "Family name",
    "preferred_name": "Preferred name",
    "pronouns": "Pronouns",
    "gender_identity": "Gender identity",
    "birth_on": "Birth date",
    "email": "E-mail",
    "phone": "Phone",
    "street": "Street",
    "postal_code": "Postal code",
    "city": "City",
    "country": "Country code",
    "language": "Language",
    "time_zone": "Time zone",
    "reminder_channel": "Reminders by",
    "aftercare_channel": "Aftercare advice by",
    "marketing_channel": "News and offers by",
}
"""What a merge lets choose from either file, with its title."""
