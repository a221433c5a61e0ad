"""The build hook supplies the browser files, offline too, and says in one sentence when it cannot."""

from __future__ import annotations

import gzip
import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

FRONTEND = Path(__file__).resolve().parents[2] / "core" / "frontend"
NAMES = (
    *("tabler.min.css", "htmx.min.js", "inter-latin.woff2", "inter-latin-ext.woff2"),
    *("uplot.esm.js", "uplot.min.css", "dejavu-sans.ttf", "dejavu-sans-bold.ttf"),
    *("icons.svg", "LICENSES.txt"),
)


@pytest.fixture(scope="module")
def hook() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_hook", FRONTEND / "build_hook.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def supplied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with every finished file, which the hook is told to take."""
    folder = tmp_path / "supplied"
    folder.mkdir()
    for name in NAMES:
        (folder / name).write_text(f"content of {name}")
    monkeypatch.setenv("POLYCLINIC_ASSETS_DIR", str(folder))
    return folder


def test_supplied_files_fill_the_folder(hook: ModuleType, supplied: Path, tmp_path: Path) -> None:
    target = tmp_path / "static" / "vendor"

    filled = hook.fill_vendor(target)

    packed = {f"{name}.gz" for name in NAMES if name.endswith((".css", ".js", ".svg"))}
    assert (filled, {path.name for path in target.iterdir()}) == (True, {*NAMES, *packed, ".stamp"})
    assert gzip.decompress((target / "htmx.min.js.gz").read_bytes()) == b"content of htmx.min.js"


def test_unchanged_folder_is_left_alone(hook: ModuleType, supplied: Path, tmp_path: Path) -> None:
    target = tmp_path / "vendor"
    hook.fill_vendor(target)

    assert hook.fill_vendor(target) is False


def test_lost_file_is_supplied_again(hook: ModuleType, supplied: Path, tmp_path: Path) -> None:
    target = tmp_path / "vendor"
    hook.fill_vendor(target)
    (target / "htmx.min.js").unlink()

    assert hook.fill_vendor(target) is True


def test_missing_supply_is_named_in_one_sentence(hook: ModuleType, supplied: Path, tmp_path: Path) -> None:
    (supplied / "icons.svg").unlink()

    with pytest.raises(hook.AssetsError) as refusal:
        hook.fill_vendor(tmp_path / "vendor")

    assert str(refusal.value) == (
        "POLYCLINIC_ASSETS_DIR lacks icons.svg: copy a filled static/vendor folder of this version there."
    )


def test_unreachable_registry_is_told_without_hosts_or_paths(
    hook: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("POLYCLINIC_ASSETS_DIR", raising=False)
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9/")
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "cache"))

    with pytest.raises(hook.AssetsError) as refusal:
        hook.fill_vendor(tmp_path / "vendor")

    assert str(refusal.value) == (
        "npm could not fetch the browser files (exit 1, ECONNREFUSED): make an npm registry reachable, "
        "or set POLYCLINIC_ASSETS_DIR to a folder that holds them."
    )


def test_files_that_pages_need_are_in_the_manifest() -> None:
    manifest = json.loads((FRONTEND / "assets.json").read_text(encoding="utf-8"))

    assert (*manifest["files"], "icons.svg", "LICENSES.txt") == NAMES
