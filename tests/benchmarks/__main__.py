"""Measures Brainarr and says what meets its requirement: python -m tests.benchmarks [figure ...]."""

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from tests.benchmarks.measuring import ROOT, Row, running, said

FIGURES = ("serving", "importing", "deduping", "resolving", "prompting", "idling", "reading", "guards")
# These look at one big library, which the first of them imports.
WITH_LIBRARY = {"importing", "deduping", "prompting", "reading"}


def main() -> int:
    """1 when a requirement is missed or a figure cannot be measured."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description="Speed and memory, measured here.")
    parser.add_argument("figures", nargs="*", metavar="figure", help=f"some of {', '.join(FIGURES)}; without: all")
    chosen = parser.parse_args().figures or FIGURES
    if unknown := set(chosen) - set(FIGURES):
        parser.error(f"no figure {min(unknown)!r}; there are {', '.join(FIGURES)}")
    print(_machine())
    is_well = True
    with tempfile.TemporaryDirectory(prefix="brainarr-benchmarks-") as folder:
        for name in chosen:
            rows = _measured(name, Path(folder, "library" if name in WITH_LIBRARY else name))
            is_well = is_well and bool(rows) and all(row.is_met is not False for row in rows)
            _print(name, rows)
    return 0 if is_well else 1


def _measured(name: str, folder: Path) -> list[Row]:
    command = [sys.executable, "-m", "tests.benchmarks.inside", name, str(folder)]
    for variable in [variable for variable in os.environ if variable.startswith("BRAINARR_")]:
        del os.environ[variable]
    with running(command, BRAINARR_LOG_LEVEL="error") as process:
        answer = said(process)
        process.wait()
    return [Row(**row) for row in json.loads(answer)] if answer else []


def _print(name: str, rows: list[Row]) -> None:
    print(f"\n{name}" if rows else f"\n{name}: not measured; what went wrong stands above")
    width = max((len(row.what) for row in rows), default=0)
    for row in rows:
        verdict = {True: "ok  ", False: "NOT ", None: "    "}[row.is_met]
        required = f"  (required: {row.requirement})" if row.requirement else ""
        print(f"  {verdict} {row.what:<{width}}  {row.figure}{required}", flush=True)


def _machine() -> str:
    model = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores of {model[1] if model else 'an unknown CPU'}, "
        f"load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}, commit {commit.stdout.strip() or '?'}"
    )


if __name__ == "__main__":
    sys.exit(main())
