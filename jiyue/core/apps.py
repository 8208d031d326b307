from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "jiyue.core"

    def ready(self) -> None:
        """Enter the jobs of core into the schedule."""
        from jiyue.core import running_logs

        running_logs.register()
