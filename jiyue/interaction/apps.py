from django.apps import AppConfig


class InteractionConfig(AppConfig):
    name = "jiyue.interaction"
