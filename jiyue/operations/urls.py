"""Addresses of the staff process for supervisors; the public process has none of them."""

from django.urls import path

from jiyue.operations import views

app_name = "operations"
urlpatterns = [
    path("health/live/", views.live, name="live"),
    path("health/ready/", views.ready, name="ready"),
    path("metrics", views.metrics, name="metrics"),
]
