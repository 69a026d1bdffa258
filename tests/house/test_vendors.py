"""House rule: whoever adds or renames a vendor edits that vendor's file and nothing else."""

import ast
from collections.abc import Iterator
from pathlib import Path

from providers.registry import language_adapters

ROOT = Path(__file__).parents[2]
ROOMS = ("providers", "recommendations", "brainarr_site")
# The demo is also a command and a simulated library; both are called like the vendor that answers in them.
NAMESAKES = ("brainarr_site/management/commands/demo.py", "providers/simulators/")


def literals(path: Path) -> Iterator[ast.Constant]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node


def test_a_vendors_slug_is_quoted_in_its_own_file_only() -> None:
    slugs = set(language_adapters())
    quoted = [
        f"{path.relative_to(ROOT)}:{literal.lineno} quotes {literal.value!r}"
        for room in ROOMS
        for path in sorted((ROOT / room).rglob("*.py"))
        for literal in literals(path)
        if literal.value in slugs
        and not str(path.relative_to(ROOT)).startswith(NAMESAKES)
        and path != ROOT / "providers" / "llm" / f"{literal.value}.py"
    ]

    assert quoted == []


def test_every_vendor_quotes_its_slug_in_its_own_file() -> None:
    for slug in language_adapters():
        path = ROOT / "providers" / "llm" / f"{slug}.py"
        assert slug in {literal.value for literal in literals(path)}


def test_no_vendor_imports_another() -> None:
    for slug in language_adapters():
        tree = ast.parse((ROOT / "providers" / "llm" / f"{slug}.py").read_text("utf-8"))
        modules = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        assert not [module for module in modules if module.startswith("providers.llm")]
