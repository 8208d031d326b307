from django.apps import AppConfig


class IntegrityConfig(AppConfig):
    name = "jiyue.publishing.integrity"
    label = "publishing_integrity"
