from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    name = "jiyue.publishing.delivery"
    label = "publishing_delivery"
