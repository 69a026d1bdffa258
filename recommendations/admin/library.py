"""The library as Lidarr last told us: artists, albums, exclusions, and the syncs themselves. Read-only."""

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.safestring import SafeString

from providers.admin.buttons import LedgerAdmin
from providers.admin.shown import BAD, GOING_ON, GOOD, badge, duration
from recommendations.domain.names import artist_key
from recommendations.models import LibraryAlbum, LibraryArtist, LibraryExclusion, LibrarySync

_ARTIST = LibraryArtist.objects.filter(connection=OuterRef("connection"), source_id=OuterRef("source_artist_id"))


@admin.register(LibraryArtist)
class ArtistAdmin(LedgerAdmin):
    list_display = ("name", "genres_shown", "album_count", "track_file_count", "is_monitored", "added_at", "connection")
    list_filter = ("is_monitored", "connection")
    list_select_related = ("connection",)
    search_fields = ("name", "artist_mbid")
    ordering = ("artist_key",)
    list_intro = "The artists of your library, as Lidarr last told."
    fields = (
        "connection",
        "name",
        "disambiguation",
        "artist_mbid",
        "genres_shown",
        "is_monitored",
        "added_at",
        "rating",
        "album_count",
        "track_file_count",
    )
    readonly_fields = ("genres_shown",)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        found, may_repeat = super().get_search_results(request, queryset, search_term)
        if key := artist_key(search_term):
            found = queryset.filter(Q(pk__in=found.values("pk")) | Q(artist_key__contains=key))
        return found, may_repeat

    @admin.display(description="genres")
    def genres_shown(self, artist: LibraryArtist) -> str:
        return ", ".join(artist.genres) or "–"


@admin.register(LibraryAlbum)
class AlbumAdmin(LedgerAdmin):
    list_display = ("title", "artist", "year", "album_type", "is_owned", "track_file_count", "connection")
    list_filter = ("is_owned", "album_type", "connection")
    list_select_related = ("connection",)
    search_fields = ("title", "release_group_mbid")
    ordering = ("album_key",)
    list_intro = "The albums Lidarr knows of. One counts as owned when it has files or is monitored."
    fields = (
        "connection",
        "artist",
        "title",
        "year",
        "album_type",
        "release_group_mbid",
        "is_owned",
        "track_file_count",
    )
    readonly_fields = ("artist",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[LibraryAlbum]:
        rows: QuerySet[LibraryAlbum] = super().get_queryset(request)
        return rows.annotate(artist_name=Subquery(_ARTIST.values("name")[:1]))

    @admin.display(description="artist")
    def artist(self, album: Any) -> str:
        return album.artist_name or "–"


@admin.register(LibraryExclusion)
class ExclusionAdmin(LedgerAdmin):
    list_display = ("name", "mbid", "connection")
    list_filter = ("connection",)
    list_select_related = ("connection",)
    search_fields = ("name", "mbid")
    ordering = ("name", "pk")
    list_intro = "What Lidarr must never import. None of it is ever recommended; remove an exclusion in Lidarr itself."


@admin.register(LibrarySync)
class SyncAdmin(LedgerAdmin):
    list_display = ("started_at", "connection", "state", "artists", "albums", "changed", "removed", "skipped", "took")
    list_filter = ("is_complete", "connection")
    list_select_related = ("connection",)
    list_intro = "Each time a Lidarr was read. A sync that fails changes nothing: the last good one is used."
    readonly_fields = ("state", "took")

    @admin.display(description="state", ordering="is_complete")
    def state(self, sync: LibrarySync) -> SafeString:
        if sync.is_complete:
            return badge("complete", GOOD)
        return badge("failed", BAD) if sync.finished_at else badge("unfinished", GOING_ON)

    @admin.display(description="took")
    def took(self, sync: LibrarySync) -> str:
        return duration(sync.finished_at - sync.started_at if sync.finished_at else None)
