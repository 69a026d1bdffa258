"""`manage.py find_servers`: look for language model servers in the house, and say how to declare them."""

from typing import Any

import yaml
from django.core.management.base import BaseCommand

from providers.gateway import find_local_servers


class Command(BaseCommand):
    help = "Look for Ollama and LM Studio at their usual addresses; prints what is found in the form `provision` reads."

    def handle(self, *args: Any, **options: Any) -> None:
        found = find_local_servers()
        if not found:
            self.stderr.write("No language model server answers at the usual addresses; enter its address by hand.")
            return
        accounts = [{"name": f"{slug} at {url}", "provider": slug, "base_url": url} for slug, url in found]
        self.stdout.write(yaml.safe_dump({"accounts": accounts}, sort_keys=False, allow_unicode=True))
