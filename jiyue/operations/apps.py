from django.apps import AppConfig


class OperationsConfig(AppConfig):
    name = "jiyue.operations"
    label = "operations"

    def ready(self) -> None:
        """Register what other rooms ask for by name."""
        from jiyue.operations import alarm_kinds, heartbeats, jobs, start_checks, telling, watching

        alarm_kinds.register()
        heartbeats.register()
        telling.register()
        watching.register()
        jobs.register()
        start_checks.register()
