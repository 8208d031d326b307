"""Whether this process runs, and whether it can do its work: for the supervisor, not for visitors."""

import logging
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from jiyue.core import crypto, inbox
from jiyue.front.sites import TABLE_NAME

logger = logging.getLogger(__name__)


@never_cache
@require_safe
def health(request: HttpRequest) -> JsonResponse:  # noqa: ARG001  # Django's call
    """Tell what is missing; 200 only if sites are published and the inbox can be sealed and reached."""
    missing = []
    if not (Path(settings.JIYUE_OUTPUT_DIR) / TABLE_NAME).exists():
        missing.append(TABLE_NAME)
    try:
        crypto.load_public_key(inbox.KEY_NAME)
    except FileNotFoundError:
        missing.append(f"{inbox.KEY_NAME}.pub")
    if not _reaches_database():
        missing.append("database")
    return JsonResponse({"missing": missing}, status=503 if missing else 200)


@never_cache
@require_safe
def live(request: HttpRequest) -> JsonResponse:  # noqa: ARG001  # Django's call
    """Tell that the process answers, whatever is missing around it: no reason to start it anew."""
    return JsonResponse({"live": True})


def _reaches_database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        logger.exception("front.inbox_unreachable", extra={"topic": "health"})
        return False
    return True
