"""A schema's form goes out with its values and comes back typed."""

from polyclinic.sdk.forms import FormField, SectionSchema, choice, number, read_schema_form, schema_form


class QuestionSchema(SectionSchema):
    kind = choice("Kind", {"a": "First", "b": "Second"})
    days = number("Days", minimum=1, maximum=31, unit="d")


def test_form_shows_values_choices_limits_and_errors():
    kind, days = schema_form(QuestionSchema, "q", {"kind": "b", "days": 40}, {"/days": "Too many."})

    assert [(choice.value, choice.is_chosen) for choice in kind.choices] == [("a", False), ("b", True)]
    assert isinstance(days, FormField)
    assert (days.name, days.value, days.minimum, days.maximum, days.error) == ("q:days", "40", "1", "31", "Too many.")


def test_form_comes_back_typed():
    pairs = [("q:kind", "a"), ("q:days", "7"), ("other:days", "9"), ("csrf_token", "x")]

    assert QuestionSchema().load(read_schema_form(QuestionSchema, "q", pairs)) == {"kind": "a", "days": 7}
