from django.db import models
from django.utils.translation import gettext_lazy as _


class BatchKind(models.TextChoices):
    """Why many pages are written at once."""

    REBUILD = "rebuild", _("all pages of a site anew")
    FRAME = "frame", _("new header, menu or footer")
    REPAIR = "repair", _("repair")
    RELEASE = "release", _("release of a batch of items")


class BatchState(models.TextChoices):
    """Where a batch stands."""

    OPEN = "open", _("in progress")
    PAUSED = "paused", _("paused")
    DONE = "done", _("done")
    CANCELLED = "cancelled", _("cancelled")


class StepState(models.TextChoices):
    """Where one step of a batch stands."""

    WAITING = "waiting", _("waiting")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")


class PlanState(models.TextChoices):
    """Where a planned release stands."""

    PLANNED = "planned", _("planned")
    RELEASED = "released", _("released")
    CANCELLED = "cancelled", _("cancelled")


UNFINISHED_STATES = (BatchState.OPEN, BatchState.PAUSED)
