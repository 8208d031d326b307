from datetime import time, timedelta

from django.apps import AppConfig, apps
from django.utils.translation import gettext_lazy as _


class SignInsConfig(AppConfig):
    name = "jiyue.organizations.sign_ins"
    label = "sign_ins"

    def ready(self) -> None:
        """Register checks of a sign-in, jobs, the two-person topic and the purpose of files."""
        from jiyue.core import files, schedule, two_person  # needs loaded models
        from jiyue.organizations.sign_ins import carrying, jobs
        from jiyue.organizations.sign_ins.files import may_open_check_report
        from jiyue.organizations.sign_ins.services import rules, terminals

        if apps.is_installed("django_otp"):  # the public process has no staff sign-in
            from jiyue.organizations.sign_ins import hooks

            hooks.register()
        carrying.register()
        two_person.TOPICS.register(rules.TOPIC, rules.SignInRuleTopic())
        files.PURPOSES.register(
            terminals.FILE_PURPOSE, files.Purpose(_("report of a terminal check"), may_open_check_report)
        )
        schedule.JOBS.register(
            "sign_ins.sessions", schedule.Job(jobs.close_sessions, every=timedelta(minutes=5))
        )
        schedule.JOBS.register("sign_ins.terminals", schedule.Job(jobs.warn_about_terminals, at=time(6, 20)))
