from django.urls import include, path

urlpatterns = [path("", include("jiyue.front.urls"))]
handler400 = "jiyue.front.views.errors.bad_request"
handler404 = "jiyue.front.views.errors.not_found"
handler500 = "jiyue.front.views.errors.server_error"
