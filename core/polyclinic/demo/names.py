"""Names for demo clients: mixed as in a big city, none of them a real person's record."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True)
class Name:
    """A given and a family name with the pronouns this person uses (may be empty)."""

    given: str
    family: str
    pronouns: str


_SHE = (
    *(
        "Amara",
        "Beatrice",
        "Chloe",
        "Dalia",
        "Elif",
        "Freya",
        "Grace",
        "Hana",
        "Imogen",
        "Jamila",
        "Katarzyna",
        "Lucia",
    ),
    *("Mei", "Nadia", "Olivia", "Parisa", "Quynh", "Ruth", "Sofia", "Tamara", "Una", "Valentina", "Wanjiru", "Xenia"),
    *("Yasmin", "Zofia", "Anjali", "Bronwen", "Camille", "Devika", "Eleanor", "Farah", "Greta", "Harriet", "Ingrid"),
)
_HE = (
    *("Adewale", "Benjamin", "Carlos", "Dmitri", "Elias", "Farid", "George", "Hiroshi", "Ibrahim", "Jack", "Kwame"),
    *("Liam", "Mateusz", "Nikhil", "Oscar", "Patrick", "Rafael", "Samuel", "Tariq", "Umberto", "Viktor", "William"),
    *("Xavier", "Yusuf", "Zachary", "Andrei", "Bastian", "Cormac", "Diego", "Emre", "Finlay", "Gethin", "Hugo"),
)
_THEY = ("Alex", "Charlie", "Jules", "Kai", "Morgan", "Robin", "Sage", "Wren")
_FAMILY = (
    *(
        "Abebe",
        "Adeyemi",
        "Ahmed",
        "Andersson",
        "Bailey",
        "Bianchi",
        "Boateng",
        "Campbell",
        "Carvalho",
        "Chaudhry",
        "Chen",
    ),
    *("Clarke", "Costa", "Davies", "Demir", "Dubois", "Edwards", "Eriksen", "Evans", "Fernandes", "Fischer", "Fraser"),
    *("Garcia", "Ghosh", "Gomez", "Greene", "Haddad", "Hall", "Harris", "Hernandez", "Hughes", "Hussain", "Ivanova"),
    *("Jackson", "Jensen", "Kamara", "Kaur", "Kelly", "Khan", "Kim", "Kowalski", "Kumar", "Larsen", "Lee", "Lewis"),
    *("Macdonald", "Martin", "Mensah", "Moreau", "Morgan", "Murphy", "Nakamura", "Nguyen", "Novak", "Nwosu", "Okoye"),
    *(
        "Oliveira",
        "Osei",
        "Park",
        "Patel",
        "Petrov",
        "Phillips",
        "Popescu",
        "Quinn",
        "Rahman",
        "Reyes",
        "Rossi",
        "Ryan",
    ),
    *(
        "Santos",
        "Sato",
        "Schmidt",
        "Shah",
        "Silva",
        "Singh",
        "Sokolov",
        "Stewart",
        "Tanaka",
        "Taylor",
        "Thomas",
        "Tran",
    ),
    *("Turner", "Usman", "Varga", "Vasquez", "Walker", "Wang", "Weber", "White", "Wright", "Yamada", "Yilmaz", "Zhang"),
)


SHORT_FORMS = {
    "Beatrice": "Bea",
    "Benjamin": "Ben",
    "Eleanor": "Ellie",
    "Harriet": "Hattie",
    "Katarzyna": "Kasia",
    "Rafael": "Rafa",
    "Samuel": "Sam",
    "William": "Will",
}


def make_names(rng: Random, count: int) -> list[Name]:
    """Return `count` names, no full name twice."""
    found: dict[tuple[str, str], Name] = {}
    while len(found) < count:
        pool, pronouns = rng.choices(((_SHE, "she/her"), (_HE, "he/him"), (_THEY, "they/them")), (48, 47, 5))[0]
        given, family = rng.choice(pool), rng.choice(_FAMILY)
        shown = pronouns if pronouns.startswith("they") or rng.random() < 0.4 else ""
        found.setdefault((given, family), Name(given, family, shown))
    return list(found.values())
