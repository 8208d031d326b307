"""Rules about the passage of a case: papers, referrals, time of each step, standing in."""

from django.utils.translation import gettext_lazy as _

from jiyue.policy.keys.definitions import Definition, term, text

HANDLING_KEYS: dict[str, Definition] = {
    "review.consent_words": text(_("Words of consent on signed papers"), "words"),
    "review.step_term": term(_("Deciding one level of review")),
    "review.step_term.urgent": term(_("Deciding one level of review in the urgent lane")),
    "review.referral_term": term(_("Answer to a question whether something may be public")),
    "review.delegation_max": term(_("Longest delegation of a reviewer")),
    "review.duty_shift_max": term(_("Longest turn of duty")),
}
