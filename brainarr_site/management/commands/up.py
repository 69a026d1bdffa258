"""`manage.py up`: run Brainarr."""

import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from brainarr_site.claims import Occupied, check_port, claim_folder
from brainarr_site.supervisor import Supervisor


class Command(BaseCommand):
    help = "Run Brainarr: web server and task cluster, until it is told to stop."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with claim_folder(settings.DATA_DIR):
                check_port(settings.HOST, settings.PORT)
                code = Supervisor(self._say).run()
        except Occupied as error:
            raise CommandError(str(error)) from error
        sys.exit(code)

    def _say(self, sentence: str) -> None:
        self.stdout.write(sentence)
        self.stdout.flush()
