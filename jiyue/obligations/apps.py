from django.apps import AppConfig


class ObligationsConfig(AppConfig):
    name = "jiyue.obligations"
    label = "obligations"

    def ready(self) -> None:
        """Register the kinds, the sweep and the topic of excuses; listen to the rooms below."""
        from jiyue.obligations import listening, sweeping  # noqa: F401
