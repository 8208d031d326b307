from django.apps import AppConfig


class CredentialsConfig(AppConfig):
    name = "jiyue.organizations.credentials"
    label = "credentials"
