"""What runs in trouble ask, and where the answer goes. For signed-in staff; writing needs the CSRF token."""

from datetime import datetime
from http import HTTPStatus

from django.http import HttpRequest
from django.utils import timezone
from ninja import Field, Router, Schema, Status
from ninja.security import django_auth_is_staff

from providers.gateway import DecisionRefused, FallbackRequest
from recommendations.models import Run
from recommendations.services.decisions import decide, open_questions

router = Router(tags=["decisions"], auth=django_auth_is_staff)


class OptionOut(Schema):
    """Something to decide for, and what it means."""

    decision: str
    label: str


class QuestionOut(Schema):
    """A run that waits for a decision."""

    id: int
    run: int
    list_slug: str
    correlation: str
    reason_code: str
    message: str
    options: list[OptionOut]
    opened_at: datetime


class DecisionIn(Schema):
    """One of the question's options; without a reason the option's own words stand as the reason."""

    decision: str
    reason: str = Field("", max_length=2000)


class DecidedOut(Schema):
    """The run as it stands after the decision."""

    run: int
    status: str
    provider: str
    model: str


class RefusalOut(Schema):
    """Why the decision was not taken."""

    error: str


@router.get("/fallback-requests", response=list[QuestionOut])
def fallback_requests(request: HttpRequest) -> list[QuestionOut]:
    """The questions that are open, oldest first."""
    return [_shown(question, run) for question, run in open_questions()]


@router.post("/fallback-requests/{request_id}/decision", response={200: DecidedOut, 404: RefusalOut, 409: RefusalOut})
def decision(request: HttpRequest, request_id: int, body: DecisionIn) -> Status[DecidedOut | RefusalOut]:
    """Decide. 409 when it is not among the options or somebody has decided already."""
    try:
        run = decide(request_id, body.decision, request.user.get_username(), body.reason, timezone.now())
    except FallbackRequest.DoesNotExist:
        return Status(HTTPStatus.NOT_FOUND, RefusalOut(error="There is no such question."))
    except DecisionRefused as refusal:
        return Status(HTTPStatus.CONFLICT, RefusalOut(error=str(refusal)))
    told = DecidedOut(run=run.pk, status=run.status, provider=run.provider, model=run.model)
    return Status(HTTPStatus.OK, told)


def _shown(question: FallbackRequest, run: Run) -> QuestionOut:
    return QuestionOut(
        id=question.pk,
        run=run.pk,
        list_slug=run.list.slug,
        correlation=question.correlation,
        reason_code=question.reason_code,
        message=question.message,
        options=[OptionOut(**option) for option in question.options],
        opened_at=question.opened_at,
    )
