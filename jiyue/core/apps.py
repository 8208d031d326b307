from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "jiyue.core"

    def ready(self) -> None:
        """Enter the jobs of core into the schedule."""
        from jiyue.core import files, finished_work, running_logs, transport, virus_scan

        running_logs.register()
        virus_scan.register()
        files.register()
        finished_work.register()
        transport.register()
