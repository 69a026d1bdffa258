"""Fields for keys: they can be typed in and never read back."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from providers.admin.unfolded import PasswordInput
from providers.keys import is_placeholder
from providers.models import Sealed


class SecretField(forms.CharField):
    """A key. It cleans to what was entered, or, left empty, to the `Sealed` it has been told to keep."""

    def __init__(self, **settings: Any) -> None:
        self.stored = Sealed("")
        # Browsers would fill in the owner's own password here and have it saved as a key.
        widget = PasswordInput(attrs={"autocomplete": "new-password"})
        super().__init__(required=False, max_length=2000, widget=widget, **settings)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(data and data.strip())

    def clean(self, value: Any) -> Any:
        entered = super().clean(value)
        if not entered:
            if not self.stored:
                raise ValidationError("Enter the key.", code="required")
            return self.stored
        if is_placeholder(entered):
            raise ValidationError("This is a placeholder; enter the real key.", code="placeholder")
        if not (entered.isascii() and entered.isprintable()):
            raise ValidationError("The key holds characters no key has; copy it again.", code="unprintable")
        return entered


def keep_secret(form: forms.BaseForm, name: str, stored: Sealed, hint: str = "") -> None:
    """Let an empty field keep the stored key, and show by dots that there is one."""
    field = form.fields.get(name)
    if isinstance(field, SecretField) and stored:
        field.stored = stored
        field.widget.attrs["placeholder"] = f"{stored}{hint}"
