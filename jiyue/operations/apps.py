from django.apps import AppConfig


class OperationsConfig(AppConfig):
    name = "jiyue.operations"
    label = "operations"

    def ready(self) -> None:
        """Register what other rooms ask for by name."""
        from jiyue.operations import alarm_kinds

        alarm_kinds.register()
