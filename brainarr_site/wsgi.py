"""What a web server calls: the front, and Django behind it."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "brainarr_site.settings")
_django = get_wsgi_application()

# The front reads rows, and rows can only be imported once Django stands.
from brainarr_site.front import Front  # noqa: E402

application = Front(_django)
