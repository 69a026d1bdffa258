"""Unfold's classes under the types of Django's: unfold ships none of its own."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.contrib import admin
    from django.contrib.auth.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
    from django.forms import CheckboxSelectMultiple, PasswordInput, TextInput

    class ModelAdmin(admin.ModelAdmin[Any]): ...

    class StackedInline(admin.StackedInline[Any, Any]): ...

    class TabularInline(admin.TabularInline[Any, Any]): ...

else:
    from unfold.admin import ModelAdmin, StackedInline, TabularInline
    from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
    from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget as CheckboxSelectMultiple
    from unfold.widgets import UnfoldAdminPasswordWidget as PasswordInput
    from unfold.widgets import UnfoldAdminTextInputWidget as TextInput

__all__ = [
    "AdminPasswordChangeForm",
    "CheckboxSelectMultiple",
    "ModelAdmin",
    "PasswordInput",
    "StackedInline",
    "TabularInline",
    "TextInput",
    "UserChangeForm",
    "UserCreationForm",
]
