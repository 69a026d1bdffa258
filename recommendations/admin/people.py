"""Who may sign in, in the admin's own dress; and what of other apps has no place in it."""

from django.apps import apps
from django.contrib import admin
from django.contrib.auth import admin as auth_admin
from django.contrib.auth.models import Group, User
from django.db.models import Model

from providers.admin.unfolded import AdminPasswordChangeForm, ModelAdmin, UserChangeForm, UserCreationForm

# The queue keeps its own ledger of deliveries; the owner reads runs.
_ELSEWHERE: list[type[Model]] = [User, Group, *apps.get_app_config("django_q").get_models()]
admin.site.unregister([model for model in _ELSEWHERE if admin.site.is_registered(model)])


@admin.register(User)
class UserAdmin(auth_admin.UserAdmin, ModelAdmin):  # type: ignore[type-arg]  # not a generic class at run time
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm


@admin.register(Group)
class GroupAdmin(auth_admin.GroupAdmin, ModelAdmin):
    pass
