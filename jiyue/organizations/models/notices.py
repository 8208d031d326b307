"""Messages of the platform to its staff."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from jiyue.organizations.models.people import Person


class StaffNotice(models.Model):
    """One message to one person: a reminder, a warning, a result; never a secret."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="notices")
    topic = models.CharField(max_length=60)
    title = models.CharField(max_length=300)
    body = models.TextField(blank=True)
    path = models.CharField(max_length=300, blank=True)  # page of the back office where something can be done
    key = models.CharField(max_length=160)  # the same message is sent once
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person", "key"], name="notice_once_per_person")
        ]
        indexes: ClassVar = [
            # the number beside the bell
            models.Index(fields=["person"], condition=Q(read_at=None), name="notice_unread"),
            models.Index(fields=["person", "-id"], name="notice_list"),
        ]

    def __str__(self) -> str:
        return self.title
