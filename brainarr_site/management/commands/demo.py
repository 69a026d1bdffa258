"""`manage.py demo`: the whole product against simulators, with nothing to set up and nothing kept."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

READY_WITHIN_S = 60.0
STOP_WITHIN_S = 15.0
SLUGS = ("demo-artists", "demo-albums")


class Command(BaseCommand):
    help = "Run Brainarr against simulators of Lidarr and MusicBrainz, with a model that needs no key."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="end after showing what came of it")

    def handle(self, *args: Any, once: bool, **options: Any) -> None:
        began = time.monotonic()
        folder = Path(settings.DATA_DIR) / "demo"
        shutil.rmtree(folder, ignore_errors=True)
        try:
            with _simulators() as places:
                environment = _environment(folder, places)
                with _product(environment):
                    self._say(
                        f"Brainarr is up after {time.monotonic() - began:.1f} s; Lidarr and MusicBrainz are simulated."
                    )
                    addresses = _provision(environment, places)
                    for slug in SLUGS:
                        self._show_run(slug, environment)
                    for address in addresses:
                        self._show_list(address)
                    if not once:
                        self._serve(environment)
        except KeyboardInterrupt:
            self._say("\nStopped.")

    def _show_run(self, slug: str, environment: Mapping[str, str]) -> None:
        began = time.monotonic()
        self._say(f"\n=== {slug}: a run in the background ===")
        finished = _manage(environment, "run_list", slug, "--queue", capture=False)
        if finished.returncode:
            raise CommandError(f"The run of {slug} did not end well; its message stands above.")
        self._say(f"({time.monotonic() - began:.1f} s)")

    def _show_list(self, address: Mapping[str, str]) -> None:
        with urllib.request.urlopen(address["url"], timeout=10) as answer:  # noqa: S310 (our own address)
            body = answer.read().decode()
        self._say(f"\n=== {address['name']}: what Lidarr reads ===\n{address['url']}")
        self._say(body)
        if address["mode"] == "albums":
            self._say(f"As “another Lidarr”: {address['lidarr_url']} with the API key {address['token']}")

    def _serve(self, environment: Mapping[str, str]) -> None:
        self._say(f"\nServing at {environment['BRAINARR_PUBLIC_URL']} until Ctrl-C; sign in at /admin/ as admin, demo.")
        while True:
            signal.pause()

    def _say(self, sentence: str) -> None:
        self.stdout.write(sentence)
        self.stdout.flush()


@contextmanager
def _simulators() -> Iterator[Mapping[str, str]]:
    command = [sys.executable, "-m", "providers.simulators", "--musicbrainz", "0", "--lidarr", "0"]
    with _child(command, dict(os.environ), stdout=subprocess.PIPE) as child:
        line = child.stdout.readline() if child.stdout else ""
        if not line:
            raise CommandError("The simulators did not start; their message stands above.")
        yield json.loads(line)


@contextmanager
def _product(environment: Mapping[str, str]) -> Iterator[None]:
    with _child([sys.executable, "manage.py", "up"], environment) as child:
        until = time.monotonic() + READY_WITHIN_S
        while not _is_ready(environment["BRAINARR_PUBLIC_URL"]):
            if child.poll() is not None:
                raise CommandError("Brainarr did not start; its message stands above.")
            if time.monotonic() > until:
                raise CommandError(f"Brainarr was not ready within {READY_WITHIN_S:.0f} s; its log stands above.")
            time.sleep(0.2)
        yield


@contextmanager
def _child(
    command: list[str], environment: Mapping[str, str], stdout: int | None = None
) -> Iterator["subprocess.Popen[str]"]:
    """A process that ends with the block. It has a group of its own, so that Ctrl-C reaches only this command."""
    child = subprocess.Popen(  # noqa: S603 (our own command)
        command, env=environment, cwd=settings.ROOT, stdout=stdout, text=True, start_new_session=True
    )
    try:
        yield child
    finally:
        child.terminate()
        try:
            child.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


def _environment(folder: Path, places: Mapping[str, str]) -> dict[str, str]:
    return {
        **os.environ,
        "BRAINARR_DATA": str(folder),
        "BRAINARR_MUSICBRAINZ_URL": places["musicbrainz"],
        "BRAINARR_HOST": "127.0.0.1",
        "BRAINARR_PUBLIC_URL": f"http://127.0.0.1:{settings.PORT}",
        "BRAINARR_LOG_LEVEL": "warning",
        "BRAINARR_ADMIN_PASSWORD": "demo",
    }


def _provision(environment: Mapping[str, str], places: Mapping[str, str]) -> list[dict[str, str]]:
    declared = {
        "lidarr": [{"name": "Demo Lidarr", "url": places["lidarr"], "api_key": places["lidarr_api_key"]}],
        "accounts": [{"name": "Demo model", "provider": "demo"}],
        "lists": [
            {"name": "Demo artists", "slug": SLUGS[0], "mode": "artists", "account": "Demo model", "target": 10},
            {"name": "Demo albums", "slug": SLUGS[1], "mode": "albums", "account": "Demo model", "target": 10},
        ],
    }
    finished = _manage(environment, "provision", "-", text=json.dumps(declared))
    if finished.returncode:
        raise CommandError("The demo could not be provisioned; the message stands above.")
    lists: list[dict[str, str]] = json.loads(finished.stdout)["lists"]
    return lists


def _manage(
    environment: Mapping[str, str], *arguments: str, text: str | None = None, capture: bool = True
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603 (our own command)
        [sys.executable, "manage.py", *arguments],
        env=environment,
        cwd=settings.ROOT,
        input=text,
        stdout=subprocess.PIPE if capture else None,
        text=True,
        check=False,
    )


def _is_ready(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/readyz", timeout=2) as answer:  # noqa: S310 (our own address)
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
