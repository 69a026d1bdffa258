"""Admin pages with buttons. Each is a form, POSTed with a CSRF token: no link and no prefetch can press it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import quote, unquote
from django.contrib.auth import get_permission_codename
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path, reverse

from providers.admin.unfolded import ModelAdmin


@dataclass(frozen=True, slots=True)
class Button:
    """Something the owner can do to a row. `says` tells what it will do; with a `warning` it has to be confirmed.

    `press` returns the page to show, or None to go back to where the button was.
    """

    name: str
    label: str
    press: Callable[[HttpRequest, Any], HttpResponse | None]
    says: str = ""
    warning: str = ""
    is_main: bool = False
    # False for one that the page shows at a place of its own, beside what it is about.
    is_in_panel: bool = True


class ButtonedAdmin(ModelAdmin):
    """Rows with buttons; whoever may change a row may press them."""

    change_form_template = "admin/house/change_form.html"
    change_list_template = "admin/house/change_list.html"
    list_disable_select_all = True
    # A sentence or two above the list.
    list_intro = ""

    def buttons(self, request: HttpRequest, row: Any) -> Sequence[Button]:
        """What can be done to this row just now; nothing else can be pressed."""
        return ()

    def may_press(self, request: HttpRequest) -> bool:
        codename = get_permission_codename("change", self.opts)
        return bool(request.user.has_perm(f"{self.opts.app_label}.{codename}"))

    # The name that `@admin.action(permissions=["press"])` looks for.
    has_press_permission = may_press

    def press_address(self, row: Model, button: str) -> str:
        return reverse(f"admin:{self._press_name()}", args=[quote(row.pk), button])

    def get_urls(self) -> list[URLPattern]:
        press = path(
            "<path:object_id>/press/<str:name>/", self.admin_site.admin_view(self.press_view), name=self._press_name()
        )
        return [press, *super().get_urls()]

    def press_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        """Do what a button says, then show what it returns or the page it was on."""
        if not self.may_press(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        row = self.get_object(request, unquote(object_id))
        button = (
            next((offered for offered in self.buttons(request, row) if offered.name == name), None) if row else None
        )
        if row is None or button is None:
            messages.error(request, "That can no longer be done: things have changed since the page was shown.")
            return self._back(request, row)
        return button.press(request, row) or self._back(request, row)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        row = self.get_object(request, unquote(object_id)) if object_id else None
        shown = self.shown(request, row) if row else {}
        return super().changeform_view(request, object_id, form_url, {**shown, **(extra_context or {})})

    def shown(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """What the row's page is given to show."""
        offered = self.buttons(request, row) if self.may_press(request) else ()
        panel = [(self.press_address(row, button.name), button) for button in offered if button.is_in_panel]
        return {"row": row, "buttons": panel}

    def intro(self) -> str:
        return self.list_intro

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, str] | None = None) -> Any:
        return super().changelist_view(request, {**(extra_context or {}), "intro": self.intro()})

    def _press_name(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_press"

    def _back(self, request: HttpRequest, row: Model | None) -> HttpResponse:
        """To the list with its filters when the button was there, else to the row."""
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}"
        if row is None or "list_query" in request.POST:
            address = f"{reverse(f'{name}_changelist')}?{request.POST.get('list_query', '')}"
        else:
            address = reverse(f"{name}_change", args=[quote(row.pk)])
        return HttpResponseRedirect(address, status=HTTPStatus.SEE_OTHER)


class LedgerAdmin(ButtonedAdmin):
    """Rows that tell what happened: to be read and searched, never written."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
