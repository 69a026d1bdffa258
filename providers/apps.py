"""Django's handle on this app."""

from django.apps import AppConfig
from django.core.checks import register

from providers.checks import check_model_tables


class ProvidersConfig(AppConfig):
    name = "providers"
    verbose_name = "Providers"

    def ready(self) -> None:
        register(check_model_tables)
