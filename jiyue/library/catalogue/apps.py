from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    name = "jiyue.library.catalogue"
    label = "library_catalogue"
