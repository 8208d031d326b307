from datetime import time

from django.apps import AppConfig


class SitesConfig(AppConfig):
    name = "jiyue.sites"

    def ready(self) -> None:
        """Register what a reform carries along, and the daily look at roles that begin or end."""
        from jiyue.core.schedule import JOBS, Job
        from jiyue.sites import carrying
        from jiyue.sites.services import announce_dated_changes

        carrying.register()
        JOBS.register("sites.roles", Job(announce_dated_changes, at=time(0, 5)))
