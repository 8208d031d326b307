from django.apps import AppConfig


class InteractionConfig(AppConfig):
    name = "jiyue.interaction"

    def ready(self) -> None:
        """Tell the inbox who handles citizens' input."""
        from jiyue.interaction import services

        services.register()
