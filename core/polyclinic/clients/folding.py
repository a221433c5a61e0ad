"""The forms in which names, mail addresses and phone numbers are compared and searched."""

from __future__ import annotations

import re
import unicodedata

MAX_PATTERNS = 3
PHONE_KEY_DIGITS = 9
MIN_PHONE_DIGITS = 6
TRIGRAM = 3

# Letters that Unicode does not decompose into a base letter and an accent.
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "\u0131": "i", "ħ": "h"}
)
_APOSTROPHES = re.compile("['`\u2019\u02bc\u00b4]")
_PHONE = re.compile(r"[+0-9 ()/.\-]+")


def fold_name(text: str) -> str:
    """Return `text` in lower case, without accents, apostrophes and other punctuation, with single spaces."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    bare = "".join(char for char in decomposed if not unicodedata.combining(char)).translate(_LETTERS)
    return " ".join("".join(char if char.isalnum() else " " for char in _APOSTROPHES.sub("", bare)).split())


def fold_email(text: str) -> str:
    """Return a mail address as it is compared."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def digits(phone: str) -> str:
    """Return the digits of a phone number."""
    return "".join(char for char in unicodedata.normalize("NFKC", phone) if char.isascii() and char.isdigit())


def phone_key(phone: str) -> str:
    """Return the last nine digits without leading zeros: the same for +44 20 7946 0123 and 020 7946 0123.

    Empty below six digits: extension numbers say nothing about a person.
    """
    found = digits(phone).lstrip("0")
    return found[-PHONE_KEY_DIGITS:] if len(found) >= MIN_PHONE_DIGITS else ""


def search_text(names: list[str], email: str, phone: str) -> str:
    """Return what a search looks into; each part begins with a space, so that short words match at their start."""
    parts = [*(fold_name(name) for name in names), fold_email(email), digits(phone)]
    return " " + " ".join(part for part in parts if part)


def search_patterns(text: str) -> list[str]:
    """Return the LIKE patterns that must all match, at most three (the longest words), none for an empty search.

    A word of three letters is found anywhere (one trigram), a shorter one at the start of a word only.
    """
    if _PHONE.fullmatch(text.strip()) and len(digits(text)) >= TRIGRAM:
        return [_pattern(digits(text).lstrip("0") or "0")]
    words = [piece for word in text.split() for piece in _pieces(word)]
    return [_pattern(word) for word in sorted(dict.fromkeys(words), key=len, reverse=True)[:MAX_PATTERNS]]


def _pieces(word: str) -> list[str]:
    return [fold_email(word)] if "@" in word else fold_name(word).split()


def _pattern(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%" if len(word) >= TRIGRAM else f"% {escaped}%"
