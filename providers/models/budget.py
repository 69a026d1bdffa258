"""Budgets, what was spent of them period by period, what calls under way have set aside, and the alerts."""

from django.core.validators import MinValueValidator
from django.db import models

from providers.guard.budget import Period, Scope, Unit
from providers.models.versioned import Versioned


class Budget(models.Model):
    """What calls may cost. No limit and not unlimited means not set: it is neither counted nor enforced."""

    name = models.CharField(max_length=100, unique=True)
    is_enabled = models.BooleanField(default=True)
    unit = models.CharField(max_length=8, choices=[(unit.value, unit.value) for unit in Unit], default=Unit.MONEY.value)
    period = models.CharField(
        max_length=8, choices=[(period.value, f"per {period.value}") for period in Period], default=Period.MONTH.value
    )
    scope = models.CharField(
        max_length=12, choices=[(scope.value, scope.value) for scope in Scope], default=Scope.EVERYTHING.value
    )
    subject = models.CharField(
        max_length=40, blank=True, help_text="The number of the account, list or user; empty for everything."
    )
    limit = models.DecimalField(
        max_digits=14,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text="US dollars, tokens or calls. 0 allows nothing that costs; empty is not set.",
    )
    is_unlimited = models.BooleanField(
        "unlimited", default=False, help_text="Count what is spent, but alert nobody and refuse nothing."
    )

    class Meta:
        ordering = ("id",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(scope="everything", subject="")
                | ~models.Q(scope="everything") & ~models.Q(subject=""),
                name="a_budget_names_its_subject",
                violation_error_message="Name the account, list or user this budget is for; everything needs none.",
            ),
        )

    def __str__(self) -> str:
        return self.name


class BudgetPeriod(Versioned):
    """A budget's day or month; amounts in the whole numbers of `guard.budget`."""

    budget = models.ForeignKey(Budget, on_delete=models.CASCADE, related_name="periods")
    starts_on = models.DateField()
    spent = models.BigIntegerField(default=0)
    reserved = models.BigIntegerField(default=0)

    class Meta:
        ordering = ("-starts_on",)
        verbose_name = "budget period"
        constraints = (models.UniqueConstraint(fields=("budget", "starts_on"), name="one_row_per_period"),)

    def __str__(self) -> str:
        return f"{self.budget} from {self.starts_on}"


class Reservation(models.Model):
    """What a call under way may cost at worst. One that expires belonged to a killed worker and is charged in full."""

    period = models.ForeignKey(BudgetPeriod, on_delete=models.CASCADE, related_name="reservations")
    call = models.CharField(max_length=40, db_index=True)
    amount = models.BigIntegerField()
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.period} {self.call}"


class BudgetAlert(models.Model):
    """The owner is told once a period at 80, 90 and 100 %."""

    period = models.ForeignKey(BudgetPeriod, on_delete=models.CASCADE, related_name="alerts")
    percent = models.PositiveSmallIntegerField()
    message = models.TextField()
    at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ("-at", "-id")
        verbose_name = "budget alert"
        constraints = (models.UniqueConstraint(fields=("period", "percent"), name="one_alert_per_threshold"),)

    def __str__(self) -> str:
        return self.message


class CostAnomaly(models.Model):
    """A day that cost far more than the days before it, in US dollars."""

    day = models.DateField(unique=True)
    cost = models.DecimalField(max_digits=14, decimal_places=8)
    usual = models.DecimalField(max_digits=14, decimal_places=8)
    noticed_at = models.DateTimeField()

    class Meta:
        ordering = ("-day",)
        verbose_name = "cost anomaly"
        verbose_name_plural = "cost anomalies"

    def __str__(self) -> str:
        return f"{self.day}: ${self.cost:.2f}, usually ${self.usual:.2f}"
