"""Connections to Lidarr: whose library is read, and who reads our lists."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest

from providers.admin.accounts import web_address
from providers.admin.buttons import Button, ButtonedAdmin
from providers.admin.secrets import SecretField, keep_secret
from providers.errors import ProviderError, TimedOut
from providers.gateway import open_library
from providers.models import LidarrConnection

# Somebody waits in front of the page.
TEST_SECONDS = 20.0


class ConnectionForm(forms.ModelForm):  # type: ignore[type-arg]  # not a generic class at run time
    api_key = SecretField(
        label="API key",
        help_text="In Lidarr: Settings → General → Security. Stored encrypted; an empty field keeps the key it has.",
    )

    class Meta:
        model = LidarrConnection
        fields = ("name", "base_url", "api_key", "is_enabled")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "base_url" in self.fields:
            self.fields["base_url"].validators.append(web_address)
        keep_secret(self, "api_key", self.instance.api_key)

    def clean_base_url(self) -> str:
        return str(self.cleaned_data["base_url"]).rstrip("/")


@admin.register(LidarrConnection)
class ConnectionAdmin(ButtonedAdmin):
    form = ConnectionForm
    list_display = ("name", "base_url", "is_enabled")
    search_fields = ("name", "base_url")
    fieldsets = ((None, {"fields": ("name", "base_url", "api_key", "is_enabled")}),)
    list_intro = "The Lidarr servers whose libraries your lists go by."

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        # Django would name every artist and album of the library, and refuse because nobody may delete those by hand.
        return [f"{row}, with its library as last read" for row in objs], {"Lidarr connections": len(objs)}, set(), []

    def buttons(self, request: HttpRequest, row: LidarrConnection) -> Sequence[Button]:
        return (Button("test", "Test", self._test, says="Asks this Lidarr who it is, with the saved key."),)

    def _test(self, request: HttpRequest, connection: LidarrConnection) -> None:
        try:
            with open_library(connection.pk, tick=_patience(connection.name)) as library:
                status = library.status()
        except ProviderError as problem:
            messages.error(request, problem.message_for_owner())
        else:
            called = f" as “{status.instance_name}”" if status.instance_name not in ("", status.app_name) else ""
            messages.success(request, f"{status.app_name} {status.version} answered{called}.")


def _patience(name: str) -> Callable[[], None]:
    until = time.monotonic() + TEST_SECONDS

    def tick() -> None:
        if time.monotonic() > until:
            raise TimedOut(name, f"no answer within {TEST_SECONDS:.0f} s")

    return tick
