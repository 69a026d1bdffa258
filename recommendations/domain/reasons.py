"""Why a candidate left a run: a closed list, each with the sentence the owner reads and what may be done about it."""

from enum import StrEnum


class DropReason(StrEnum):
    """One member a reason; the value is stored, so it never changes."""

    NO_ARTIST = "no_artist"
    NO_ALBUM = "no_album"
    HOSTILE_TEXT = "hostile_text"
    IMPOSSIBLE_DATE = "impossible_date"
    CONTRADICTORY_EDITION = "contradictory_edition"
    FILLER_TITLE = "filler_title"
    GENERATED_NAME = "generated_name"
    REPEATED_IN_ANSWER = "repeated_in_answer"
    ALREADY_IN_RUN = "already_in_run"
    OWNED = "owned"
    ON_ANOTHER_LIST = "on_another_list"
    ALREADY_ON_LIST = "already_on_list"
    WAITING_FOR_REVIEW = "waiting_for_review"
    REJECTED_BEFORE = "rejected_before"
    NEVER_AGAIN = "never_again"
    SUGGESTED_RECENTLY = "suggested_recently"
    EXCLUDED_IN_LIDARR = "excluded_in_lidarr"
    NOT_FOUND = "not_found"
    SPECIAL_PURPOSE = "special_purpose"
    NO_MBID = "no_mbid"
    LOW_CONFIDENCE = "low_confidence"
    OFF_STYLE = "off_style"
    ARTIST_CAP = "artist_cap"
    OVER_TARGET = "over_target"

    @property
    def sentence(self) -> str:
        """What happened, for the owner."""
        return _SENTENCES[self][0]

    @property
    def remedy(self) -> str:
        """What the owner could change if many candidates leave for this reason; may be empty."""
        return _SENTENCES[self][1]


class ReviewReason(StrEnum):
    """Why a candidate waits for its owner instead of being published or dropped."""

    POLICY = "policy"
    BORDERLINE_CONFIDENCE = "borderline_confidence"
    CONFIDENCE_NOT_GIVEN = "confidence_not_given"
    AMBIGUOUS_IDENTITY = "ambiguous_identity"
    UNRESOLVED = "unresolved"

    @property
    def sentence(self) -> str:
        return _REVIEW_SENTENCES[self]


_SENTENCES: dict[DropReason, tuple[str, str]] = {
    DropReason.NO_ARTIST: ("The answer named no artist", ""),
    DropReason.NO_ALBUM: ("The list wants albums and the answer named none", "A larger model follows the form better."),
    DropReason.HOSTILE_TEXT: ("The name holds markup or instructions", ""),
    DropReason.IMPOSSIBLE_DATE: ("The year cannot be right", "A larger model invents less."),
    DropReason.CONTRADICTORY_EDITION: ("The edition contradicts itself", "A larger model invents less."),
    DropReason.FILLER_TITLE: ("The title is filler, not a record", "A larger model invents less."),
    DropReason.GENERATED_NAME: ("The name looks generated", "A larger model invents less."),
    DropReason.REPEATED_IN_ANSWER: ("Named twice in the same answer", ""),
    DropReason.ALREADY_IN_RUN: ("Already suggested earlier in this run", "Widen the discovery mode of the list."),
    DropReason.OWNED: ("Already in the library", "Widen the discovery mode of the list."),
    DropReason.ON_ANOTHER_LIST: ("Already on another of your lists", ""),
    DropReason.ALREADY_ON_LIST: ("Already on this list", "Widen the discovery mode of the list."),
    DropReason.WAITING_FOR_REVIEW: ("Already waiting for your review", "Decide what waits in the review queue."),
    DropReason.REJECTED_BEFORE: ("You rejected it before", "Shorten the list's rejection window to see it again."),
    DropReason.NEVER_AGAIN: ("You said never again", ""),
    DropReason.SUGGESTED_RECENTLY: ("Suggested recently", "Shorten the list's suggestion window to see it again."),
    DropReason.EXCLUDED_IN_LIDARR: ("On Lidarr's exclusion list", "Remove the exclusion in Lidarr if you want it."),
    DropReason.NOT_FOUND: ("MusicBrainz knows nothing by that name", "A larger model invents less."),
    DropReason.SPECIAL_PURPOSE: ("Not an artist but a MusicBrainz placeholder", ""),
    DropReason.NO_MBID: ("It has no MusicBrainz id and the list requires one", "Turn off 'MBID required' on the list."),
    DropReason.LOW_CONFIDENCE: ("The model is not sure enough", "Lower the list's minimum confidence."),
    DropReason.OFF_STYLE: ("Outside the list's styles", "Add styles to the list, or remove them all."),
    DropReason.ARTIST_CAP: ("Enough by this artist already", "Raise the list's cap per artist."),
    DropReason.OVER_TARGET: ("The list was full", "Raise the list's target."),
}

_REVIEW_SENTENCES: dict[ReviewReason, str] = {
    ReviewReason.POLICY: "This list sends everything to review",
    ReviewReason.BORDERLINE_CONFIDENCE: "Just under the list's minimum confidence",
    ReviewReason.CONFIDENCE_NOT_GIVEN: "The model gave no confidence",
    ReviewReason.AMBIGUOUS_IDENTITY: "Several artists share this name; choose the right one",
    ReviewReason.UNRESOLVED: "MusicBrainz could not be asked; it is looked up again in the next run",
}
