"""What a stage is handed when it is measured outside of a run."""

from collections.abc import Sequence

from django.utils import timezone

from providers.gateway import choose_model
from providers.models import ProviderAccount
from recommendations.domain.types import Brief, Mode
from recommendations.models import RecommendationList
from recommendations.queries.library import OwnedLibrary
from recommendations.stage import RunContext

WINDOW = 32_768


def context_for(mode: Mode, connection_ids: Sequence[int], seed: int = 1) -> RunContext:
    """A run of a list over these libraries, with a local model that is told names. The same all day long."""
    account, _ = ProviderAccount.objects.get_or_create(
        name="At home", provider="ollama", model="any", context_window=WINDOW
    )
    now = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    return RunContext(
        run_id=0,
        correlation="",
        brief=Brief(0, "any", "Anything", mode, wish="more like Talk Talk, less metal"),
        account_id=account.pk,
        chosen=choose_model(account.pk, ""),
        connection_ids=tuple(connection_ids),
        seed=seed,
        now=now,
        library=OwnedLibrary(RecommendationList(pk=0, mode=mode), tuple(connection_ids), now),
        kept_for_later=(),
        tick=lambda: None,
    )
