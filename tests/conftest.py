"""Keeps tests at home: data in a folder of their own, and no connection that leaves this machine."""

import os
import shutil
import sys
import tempfile
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import django
import pytest

# pytest-django would read the settings before this file is imported if pytest's own configuration named them, and the
# data folder of the checkout would be used.
_DATA = Path(tempfile.mkdtemp(prefix="brainarr-tests-"))
for _name in [name for name in os.environ if name.startswith("BRAINARR_") and not name.startswith("BRAINARR_TEST_")]:
    del os.environ[_name]
os.environ["BRAINARR_DATA"] = str(_DATA)
os.environ["DJANGO_SETTINGS_MODULE"] = "brainarr_site.settings"
# Here and not when pytest is configured: rooms' own conftests import rows before that.
django.setup()


def _refuse_the_world(event: str, arguments: tuple[Any, ...]) -> None:
    if event not in {"socket.connect", "socket.sendto"}:
        return
    address = arguments[1]
    if isinstance(address, tuple) and not (address[0] == "localhost" or ip_address(address[0]).is_loopback):
        raise AssertionError(f"A test tried to reach {address[0]}; tests talk to this machine only.")


sys.addaudithook(_refuse_the_world)


def pytest_unconfigure(config: pytest.Config) -> None:
    shutil.rmtree(_DATA, ignore_errors=True)


@pytest.fixture(autouse=True)
def data_folder(tmp_path: Path, settings: Any) -> Path:
    """A data folder for this test alone."""
    settings.DATA_DIR = tmp_path
    return tmp_path
