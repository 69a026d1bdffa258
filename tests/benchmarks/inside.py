"""Measures one figure in a process that has held nothing else: python -m tests.benchmarks.inside NAME FOLDER."""

import importlib
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

import django
from django.core.management import call_command


def main() -> None:
    """The folder becomes Brainarr's data folder; the rows are printed as one line of JSON."""
    name, folder = sys.argv[1], Path(sys.argv[2])
    os.environ["BRAINARR_DATA"] = str(folder)
    os.environ["DJANGO_SETTINGS_MODULE"] = "brainarr_site.settings"
    django.setup()
    call_command("migrate", verbosity=0)
    rows = importlib.import_module(f"tests.benchmarks.{name}").measure(folder)
    print(json.dumps([asdict(row) for row in rows]), flush=True)


if __name__ == "__main__":
    main()
