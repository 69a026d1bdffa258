"""Rules of the house that no linter knows."""

import ast
import importlib
import re
from pathlib import Path

import pytest

from brainarr_site.api import api
from providers import errors
from recommendations.domain.reasons import DropReason, ReviewReason
from recommendations.pipeline import FINISH, PREPARE, ROUND
from recommendations.queue import TaskName

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("brainarr_site", "providers", "recommendations")
BANNED = {
    "util",
    "utils",
    "helper",
    "helpers",
    "manager",
    "common",
    "base",
    "misc",
    "data",
    "info",
    "process",
    "handle",
}


def _modules(*rooms: str) -> list[Path]:
    paths = [path.relative_to(ROOT) for room in rooms for path in sorted((ROOT / room).rglob("*.py"))]
    return [path for path in paths if "migrations" not in path.parts]


def _words(name: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+", name)}


@pytest.mark.parametrize("path", _modules(*ROOMS, "tests"), ids=str)
def test_a_module_says_what_it_is_for(path: Path) -> None:
    source = (ROOT / path).read_text(encoding="utf-8")
    if path.name == "__init__.py" and not source.strip():
        return

    said = ast.get_docstring(ast.parse(source))

    assert said


@pytest.mark.parametrize("path", _modules(*ROOMS), ids=str)
def test_a_module_holds_one_thought(path: Path) -> None:
    assert len((ROOT / path).read_text(encoding="utf-8").splitlines()) <= 400


@pytest.mark.parametrize("path", _modules(*ROOMS), ids=str)
def test_names_say_something(path: Path) -> None:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    names = [path.stem, *(node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef))]

    assert [name for name in names if _words(name) & BANNED] == []


def test_tests_are_no_package() -> None:
    assert list((ROOT / "tests").rglob("__init__.py")) == []


def test_every_setting_is_explained_and_every_explained_one_exists() -> None:
    settings = (ROOT / "brainarr_site" / "settings.py").read_text(encoding="utf-8")
    read = set(re.findall(r'environment\.\w+\(\s*"(\w+)"', settings))
    explained = set(re.findall(r"^\| `(\w+)` \|", (ROOT / "docs/configuration.md").read_text("utf-8"), re.MULTILINE))

    assert read == explained
    assert "BRAINARR_DATA" in read


def test_every_reason_is_explained() -> None:
    explained = (ROOT / "docs/pipeline.md").read_text(encoding="utf-8")

    assert [
        reason for reason in (*DropReason, *ReviewReason) if f"| `{reason.value}` | {reason.sentence}." not in explained
    ] == []


def test_every_stage_is_wired_once_and_explained() -> None:
    wired = [stage.__name__ for stage in (*PREPARE, *ROUND, *FINISH)]
    files = {path.stem for path in (ROOT / "recommendations/stages").glob("*.py")} - {"__init__"}
    explained = (ROOT / "docs/pipeline.md").read_text(encoding="utf-8")

    assert sorted(wired) == sorted(files)
    assert [stage for stage in wired if f"| `{stage}` |" not in explained] == []


def test_every_address_is_explained() -> None:
    explained = (ROOT / "docs/api.md").read_text(encoding="utf-8")
    addresses = {path.rstrip("/") for path in api.get_openapi_schema()["paths"]} | {"/healthz", "/readyz"}

    assert [address for address in sorted(addresses) if f"`{address}`" not in explained] == []


def test_every_task_exists() -> None:
    for task in TaskName:
        module, _, name = task.value.rpartition(".")
        assert callable(getattr(importlib.import_module(module), name))


def test_every_error_is_drawn_in_the_tree() -> None:
    drawn = errors.__doc__ or ""
    kinds = [
        kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.ProviderError)
    ]

    assert [kind.__name__ for kind in kinds if kind.__name__ not in drawn] == []
