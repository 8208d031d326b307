from django.apps import AppConfig


class InteractionConfig(AppConfig):
    name = "jiyue.interaction"

    def ready(self) -> None:
        """Tell the inbox who handles citizens' input, and the schedule what is forgotten."""
        from jiyue.interaction import housekeeping, services

        services.register()
        housekeeping.register()
