"""What the owner has, as Lidarr last told us, with the normalised keys that look-ups use."""

from django.db import models


class LibraryArtist(models.Model):
    """An artist in a Lidarr. `fingerprint` changes when anything we store, or the artist's album counts, changes."""

    connection = models.ForeignKey("providers.LidarrConnection", on_delete=models.CASCADE, related_name="+")
    source_id = models.BigIntegerField()
    artist_mbid = models.CharField(max_length=36, db_index=True)
    name = models.CharField(max_length=500)
    artist_key = models.CharField(max_length=500, db_index=True)
    disambiguation = models.CharField(max_length=500, blank=True)
    genres = models.JSONField(default=list)
    is_monitored = models.BooleanField(default=True)
    added_at = models.DateTimeField(null=True)
    rating = models.FloatField(null=True)
    album_count = models.PositiveIntegerField(default=0)
    track_file_count = models.PositiveIntegerField(default=0)
    fingerprint = models.CharField(max_length=16)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("connection", "source_id"), name="one_artist_per_source_id"),)

    def __str__(self) -> str:
        return self.name


class LibraryAlbum(models.Model):
    """An album Lidarr knows of; it is owned when it has files or is monitored, else merely known."""

    connection = models.ForeignKey("providers.LidarrConnection", on_delete=models.CASCADE, related_name="+")
    source_id = models.BigIntegerField()
    source_artist_id = models.BigIntegerField()
    release_group_mbid = models.CharField(max_length=36, db_index=True)
    title = models.CharField(max_length=1000)
    album_key = models.CharField(max_length=1500, db_index=True)
    album_type = models.CharField(max_length=100, blank=True)
    year = models.PositiveSmallIntegerField(null=True)
    is_owned = models.BooleanField(default=False)
    track_file_count = models.PositiveIntegerField(default=0)
    fingerprint = models.CharField(max_length=16)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("connection", "source_id"), name="one_album_per_source_id"),)
        indexes = (models.Index(fields=("connection", "source_artist_id"), name="albums_of_artist"),)

    def __str__(self) -> str:
        return self.title


class LibraryExclusion(models.Model):
    """An entry of Lidarr's import-list exclusions: an artist or an album it must never import."""

    connection = models.ForeignKey("providers.LidarrConnection", on_delete=models.CASCADE, related_name="+")
    mbid = models.CharField(max_length=36, db_index=True)
    name = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("connection", "mbid"), name="one_exclusion_per_mbid"),)

    def __str__(self) -> str:
        return self.name or self.mbid


class LibrarySync(models.Model):
    """One reading of a Lidarr. `library_hash` stands for the artists and their album counts, whatever their order."""

    connection = models.ForeignKey("providers.LidarrConnection", on_delete=models.CASCADE, related_name="+")
    started_at = models.DateTimeField(db_index=True)
    finished_at = models.DateTimeField(null=True)
    is_complete = models.BooleanField(default=False)
    read_all_albums = models.BooleanField(default=False)
    artists = models.PositiveIntegerField(default=0)
    albums = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    removed = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    library_hash = models.CharField(max_length=16, blank=True)
    problem = models.TextField(blank=True)

    class Meta:
        ordering = ("-started_at",)
        verbose_name = "library sync"

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M}"


class LibraryProfile(models.Model):
    """A computed profile, kept for as long as the library it was computed from stays the same."""

    library_hash = models.CharField(max_length=64, unique=True)
    profile = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.library_hash
