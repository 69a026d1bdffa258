"""The form of a list: its settings in the owner's words, checked before anything is saved."""

import re
from collections.abc import Iterable
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from providers.accounts import all_accounts
from providers.admin.accounts import suggested_models
from providers.admin.suggestions import SuggestingInput
from providers.admin.unfolded import TextInput
from recommendations.domain.styles import find_style, near_styles
from recommendations.domain.types import Discovery, Mode, OnTrouble, ReviewPolicy, Sampling, Sensitivity
from recommendations.models import RecommendationList
from recommendations.services.lists import next_run_at

# Lidarr refuses a tag with any other character.
_TAG = re.compile(r"[a-z0-9-]+")

CHOICES: dict[str, list[tuple[str, str]]] = {
    "mode": [
        (Mode.ARTISTS, "Artists: somebody new, with whatever Lidarr adds of them"),
        (Mode.ALBUMS, "Albums: one record at a time"),
    ],
    "discovery": [
        (Discovery.SIMILAR, "Similar: close to what you own"),
        (Discovery.ADJACENT, "Adjacent: one step aside"),
        (Discovery.EXPLORATORY, "Exploratory: further out"),
    ],
    "review_policy": [
        (ReviewPolicy.AUTOMATIC, "Automatic: what is sure goes onto the list, the rest is dropped"),
        (ReviewPolicy.BORDERLINE, "Borderline: what falls just short waits for you"),
        (ReviewPolicy.EVERYTHING, "Everything: nothing goes onto the list before you say so"),
    ],
    "on_trouble": [
        (OnTrouble.ASK, "Ask me: the run waits, without a worker, until I have decided"),
        (OnTrouble.AUTOMATIC, "Automatic: go along the fallbacks below, in their order"),
        (OnTrouble.STOP, "Stop: publish what there is and end"),
    ],
    "sampling": [
        (Sampling.MINIMAL, "Minimal: shortest and cheapest prompt"),
        (Sampling.BALANCED, "Balanced"),
        (Sampling.COMPREHENSIVE, "Comprehensive: as much of your library as fits"),
    ],
    "sensitivity": [
        (Sensitivity.OFF, "Off: ask as often as allowed"),
        (Sensitivity.LENIENT, "Lenient"),
        (Sensitivity.NORMAL, "Normal"),
        (Sensitivity.STRICT, "Strict"),
        (Sensitivity.AGGRESSIVE, "Aggressive: stop at the first poor answer"),
    ],
}


class CommaField(forms.CharField):
    """A list of words, typed with commas between them; each once, in the order given."""

    widget = TextInput

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)

    def clean(self, value: Any) -> Any:
        words = [" ".join(part.split()) for part in super().clean(value).split(",")]
        return list(dict.fromkeys(self.checked(word for word in words if word)))

    def checked(self, words: Iterable[str]) -> list[str]:
        """The words as they are to be stored. Raises ValidationError."""
        return list(words)


class StylesField(CommaField):
    """Names of styles from the catalogue; aliases become the style's own name."""

    def checked(self, words: Iterable[str]) -> list[str]:
        found, problems = [], []
        for word in words:
            if style := find_style(word):
                found.append(style.name)
            else:
                near = " or ".join(f"“{style.name}”" for style in near_styles(word))
                problems.append(f"There is no style “{word}”" + (f"; did you mean {near}?" if near else "."))
        if problems:
            raise ValidationError(problems, code="style")
        return found


class TagsField(CommaField):
    """Tags as Lidarr allows them."""

    def checked(self, words: Iterable[str]) -> list[str]:
        tags = [word.casefold() for word in words]
        if wrong := [tag for tag in tags if not _TAG.fullmatch(tag)]:
            raise ValidationError(
                f"Lidarr has no tag like “{wrong[0]}”; use letters a to z, digits and hyphens.", code="tag"
            )
        return tags


class ListForm(forms.ModelForm):  # type: ignore[type-arg]  # not a generic class at run time
    styles = StylesField(
        required=False, help_text="Only these styles, with commas between them: post-rock, dub. Empty means all."
    )
    lidarr_tags = TagsField(
        label="Lidarr tags",
        required=False,
        help_text="With commas between them. Enter the same in Lidarr's import list: it puts them on what it adds.",
    )

    class Meta:
        model = RecommendationList
        fields = "__all__"
        widgets: ClassVar = {"model": SuggestingInput()}
        labels: ClassVar = {
            "is_enabled": "Enabled",
            "mode": "What it recommends",
            "wish": "In your words",
            "target": "How many",
            "discovery": "How far out",
            "per_artist_cap": "At most by one artist",
            "review_policy": "What waits for you",
            "max_rounds": "Most rounds of asking",
            "sensitivity": "When to give up",
            "sampling": "How much of your library to describe",
            "rejection_window_days": "Rejected: after how many days",
            "suggestion_window_days": "Suggested: after how many days",
        }
        help_texts: ClassVar = {
            "slug": "Part of the address that Lidarr reads: change it here and it has to be changed there.",
            "wish": "For example “more like Talk Talk, less metal”. It goes to the model as written.",
            "minimum_confidence": "0 to 1. The model says how sure it is of each; less than this is not published.",
            "requires_mbid": "Only what MusicBrainz knows can be added by Lidarr.",
            "connections": "Whose libraries count as yours. Without one, the model is told of no library.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields.get("model")
        if field and isinstance(field.widget, SuggestingInput):
            accounts = [self.instance.account] if self.instance.account else all_accounts()
            field.widget.suggestions = suggested_models(list(accounts))

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        entered = self.cleaned_data
        if "schedule" in entered:
            draft = RecommendationList(
                schedule=entered["schedule"],
                quiet_from=entered.get("quiet_from"),
                quiet_until=entered.get("quiet_until"),
            )
            next_run_at(draft, timezone.now())
        if bool(entered.get("quiet_from")) != bool(entered.get("quiet_until")):
            self.add_error("quiet_until", "Quiet hours need both a beginning and an end.")
        return cleaned
