from django.apps import AppConfig


class OrganizationsConfig(AppConfig):
    name = "jiyue.organizations"

    def ready(self) -> None:
        """Register what other rooms ask for by name."""
        from jiyue.organizations import calendar_keepers, carrying, infections, people_jobs, trail
        from jiyue.organizations.services import profile_values, profiles, reforms

        trail.register()
        infections.register()
        calendar_keepers.register()
        people_jobs.register()
        profiles.register()
        profile_values.register()
        carrying.register()
        reforms.register()
