"""Unfold's classes under the types of Django's: unfold ships none of its own."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.contrib import admin
    from django.forms import PasswordInput, TextInput

    class ModelAdmin(admin.ModelAdmin[Any]): ...

    class TabularInline(admin.TabularInline[Any, Any]): ...

else:
    from unfold.admin import ModelAdmin, TabularInline
    from unfold.widgets import UnfoldAdminPasswordWidget as PasswordInput
    from unfold.widgets import UnfoldAdminTextInputWidget as TextInput

__all__ = ["ModelAdmin", "PasswordInput", "TabularInline", "TextInput"]
