"""Django's handle on this app."""

from django.apps import AppConfig


class BrainarrSiteConfig(AppConfig):
    name = "brainarr_site"
    verbose_name = "Brainarr"
