from django.apps import AppConfig


class OrganizationsConfig(AppConfig):
    name = "jiyue.organizations"

    def ready(self) -> None:
        """Register what other rooms ask for by name."""
        from jiyue.organizations import calendar_keepers, trail

        trail.register()
        calendar_keepers.register()
