"""No float touches money: the plugin has no float literal, no `float(...)` and no true division of amounts."""

import ast
from pathlib import Path

import polyclinic_billing

PACKAGE = Path(polyclinic_billing.__file__).parent
SOURCES = sorted(PACKAGE.rglob("*.py"))
IN_DECIMALS = {"rules/taxes.py", "rules/fees.py", "rules/crediting.py", "documents/drawing.py", "pages/words.py"}
"""Files that divide decimals; a division of two integers would make a float."""


def floats_of(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            yield node.lineno, "float literal"
        if isinstance(node, ast.Name) and node.id in {"float", "Float", "REAL"}:
            yield node.lineno, f"the name {node.id}"
        if isinstance(node, ast.Attribute) and node.attr in {"Float", "REAL", "Double", "float_"}:
            yield node.lineno, f"the name {node.attr}"


def is_of_paths(node):
    return any(isinstance(part, ast.Constant) and isinstance(part.value, str) for part in (node.left, node.right))


def test_no_float_in_the_source():
    found = {str(path.relative_to(PACKAGE)): list(floats_of(ast.parse(path.read_text("utf-8")))) for path in SOURCES}

    assert len(found) > 60
    assert {name: places for name, places in found.items() if places} == {}


def test_amounts_are_divided_as_decimals_alone():
    dividing = {
        str(path.relative_to(PACKAGE))
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and not is_of_paths(node)
    }

    assert dividing <= IN_DECIMALS


def test_no_template_computes_with_amounts():
    arithmetic = ("/ 100", "* 100", "|float", "| float", "|round", "| round")
    found = {
        str(path.relative_to(PACKAGE)): sign
        for path in PACKAGE.rglob("*.html")
        for sign in arithmetic
        if sign in path.read_text("utf-8")
    }

    assert found == {}
