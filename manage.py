#!/usr/bin/env python3
"""Django's command line, for every command of Brainarr."""

import os
import sys

from django.core.management import execute_from_command_line

from brainarr_site.env import SettingError


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "brainarr_site.settings")
    try:
        execute_from_command_line(sys.argv)
    except SettingError as error:
        sys.exit(f"Brainarr cannot start: {error}")


if __name__ == "__main__":
    main()
