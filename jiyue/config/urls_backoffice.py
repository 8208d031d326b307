from django.urls import include, path

from jiyue.backoffice.intake_api import api as intake_api

urlpatterns = [
    path("intake/v1/", intake_api.urls),
    path("", include("jiyue.operations.urls")),
    path("", include("jiyue.backoffice.urls")),
]
