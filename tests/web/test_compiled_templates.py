"""Compiled templates: shared by environments, compiled anew when their text changes."""

from jinja2 import DictLoader, Environment

from polyclinic.web.compiled_templates import CompiledTemplates


class Counting(Environment):
    """Counts what it compiles."""

    compiled = 0

    def compile(self, *arguments, **options):
        self.compiled += 1
        return super().compile(*arguments, **options)


def test_template_is_compiled_once_for_all_environments():
    kept = CompiledTemplates()
    first, second = (Counting(loader=DictLoader({"page": "{{ 1 + 1 }}"}), bytecode_cache=kept) for _ in range(2))

    rendered = [environment.get_template("page").render() for environment in (first, second)]

    assert rendered == ["2", "2"]
    assert (first.compiled, second.compiled) == (1, 0)


def test_template_whose_text_changed_is_compiled_anew():
    kept = CompiledTemplates()
    old, new = (Counting(loader=DictLoader({"page": text}), bytecode_cache=kept) for text in ("old", "new"))

    rendered = [environment.get_template("page").render() for environment in (old, new)]

    assert rendered == ["old", "new"]
    assert new.compiled == 1
