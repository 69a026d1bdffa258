"""The one NinjaAPI: every address that programs talk to, described at /api/docs and /api/openapi.json."""

import tomllib

from django.conf import settings
from django.contrib.admin.views.decorators import staff_member_required
from ninja import NinjaAPI

from providers import api as providers
from recommendations.api import lists

VERSION: str = tomllib.loads((settings.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]

api = NinjaAPI(
    title="Brainarr",
    version=VERSION,
    docs_url="/api/docs",
    openapi_url="/api/openapi.json",
    docs_decorator=staff_member_required,
)
api.add_router("", lists.router)
api.add_router("", providers.router)
