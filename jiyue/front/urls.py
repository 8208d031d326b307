from django.urls import path, re_path

from jiyue.front.views import citizens, counts, health, search

urlpatterns = [
    path("search/", search.search, name="search"),
    path("correction/", citizens.citizen_form, name="correction"),
    path("comment/", citizens.citizen_form, name="comment"),
    re_path(r"^views/(?P<resource_id>[0-9]{1,15})$", counts.views, name="views"),
    path("health/", health.health, name="health"),
    path("health/ready/", health.health, name="ready"),
    path("health/live/", health.live, name="live"),
]
