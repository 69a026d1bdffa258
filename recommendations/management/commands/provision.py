"""`manage.py provision FILE`: declare Lidarr, accounts and lists in one YAML file."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from recommendations.models import RecommendationList
from recommendations.provisioning import FileRefused, apply, read_file


class Command(BaseCommand):
    help = "Declare Lidarr connections, accounts and lists from a YAML file; prints each list's address and token."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="the YAML file, or - for standard input")

    def handle(self, *args: Any, file: str, **options: Any) -> None:
        try:
            text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
            lists = apply(read_file(text), timezone.now())
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{file} cannot be read: {error}") from error
        except FileRefused as refusal:
            raise CommandError(f"{file} was not applied.\n{refusal}") from refusal
        self.stdout.write(json.dumps({"lists": [_addresses(list_) for list_ in lists]}, indent=2, ensure_ascii=False))


def _addresses(list_: RecommendationList) -> dict[str, str]:
    token = list_.token.open()
    return {
        "name": list_.name,
        "slug": list_.slug,
        "mode": list_.mode,
        "token": token,
        "url": f"{settings.PUBLIC_URL}/lists/{list_.slug}?apikey={token}",
        "lidarr_url": f"{settings.PUBLIC_URL}/lidarr/{list_.slug}",
    }
