from django.apps import AppConfig


class DraftingConfig(AppConfig):
    name = "jiyue.library.drafting"
    label = "library_drafting"
