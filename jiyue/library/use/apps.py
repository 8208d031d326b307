from django.apps import AppConfig


class UseConfig(AppConfig):
    name = "jiyue.library.use"
    label = "library_use"
