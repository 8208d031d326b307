from django.urls import include, path

urlpatterns = [path("", include("jiyue.front.urls"))]
