from django.utils.translation import gettext_lazy as _

from jiyue.library.kinds.base import KINDS, Kind, KindField

QUESTION_ANSWER = Kind(
    key="question_answer",
    label=_("question and answer"),
    required=(
        "title",
        "source",
        "channel_ids",
    ),
    fields=(
        KindField("question", _("Question"), is_required=True, max_chars=1_000, is_long=True),
        KindField("answer", _("Answer"), is_required=True, max_chars=8_000, is_long=True),
        KindField("answered_by", _("Answered by"), is_required=True),
        KindField("answered_on", _("Date of the answer"), is_required=True, format="date"),
        KindField("basis", _("Basis"), max_chars=1_000, is_long=True),
    ),
)
KINDS.register(QUESTION_ANSWER.key, QUESTION_ANSWER)
