from datetime import time

from django.apps import AppConfig, apps


class CredentialsConfig(AppConfig):
    name = "jiyue.organizations.credentials"
    label = "credentials"

    def ready(self) -> None:
        """Register what only the staff process knows: the public one has no staff sign-in."""
        from jiyue.core import schedule, two_person  # needs loaded models
        from jiyue.organizations.credentials import throttle

        schedule.JOBS.register("credentials.attempts", schedule.Job(throttle.clean_up, at=time(3, 10)))
        if apps.is_installed("django_otp.plugins.otp_totp"):
            from jiyue.organizations.credentials import resets, totp_secrets

            totp_secrets.register()
            two_person.TOPICS.register(resets.TOPIC, resets.SecondFactorReset())
