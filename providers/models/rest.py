"""Keys that are left alone for a while after they were refused."""

from django.db import models

from providers.models.account import ApiKey


class KeyRest(models.Model):
    """Until when a key rests. `seal` tells the secret it is about: one entered anew has not been refused."""

    key = models.OneToOneField(ApiKey, on_delete=models.CASCADE, related_name="rest")
    seal = models.CharField(max_length=64)
    until = models.DateTimeField()
    reason = models.TextField()

    class Meta:
        verbose_name = "resting key"

    def __str__(self) -> str:
        return f"{self.key} rests until {self.until}"
