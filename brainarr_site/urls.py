"""Every address Brainarr answers at."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, path

from brainarr_site import health
from brainarr_site.api import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", admin.site.urls),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    # Last: ninja answers "" too, with a 404.
    path("", api.urls),
]
