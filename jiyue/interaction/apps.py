from django.apps import AppConfig


class InteractionConfig(AppConfig):
    name = "jiyue.interaction"

    def ready(self) -> None:
        """Tell inbox, schedule and exports what concerns citizens' input."""
        from jiyue.interaction import exporting, housekeeping, services

        services.register()
        housekeeping.register()
        exporting.register_parts()
