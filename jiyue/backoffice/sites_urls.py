"""Addresses of the staff process that are about sites."""

from django.urls import path

from jiyue.backoffice.views import captures, mourning, site_addresses, site_roles, site_visits, web_archive

PATHS = [
    path("sites/", site_roles.SiteReportView.as_view(), name="site_report"),
    path("sites/<int:pk>/roles/", site_roles.SiteRolesView.as_view(), name="site_roles"),
    path(
        "sites/<int:pk>/roles/<int:role_pk>/end/",
        site_roles.SiteRoleEndView.as_view(),
        name="site_role_end",
    ),
    path("sites/<int:pk>/owners/", site_roles.ChannelOwnersView.as_view(), name="channel_owners"),
    path(
        "sites/<int:pk>/owners/<int:owner_pk>/end/",
        site_roles.ChannelOwnerEndView.as_view(),
        name="channel_owner_end",
    ),
    path("sites/<int:pk>/addresses/", site_addresses.SiteAddressesView.as_view(), name="site_addresses"),
    path("sites/<int:pk>/addresses/host/", site_addresses.SiteHostView.as_view(), name="site_host"),
    path(
        "sites/<int:pk>/addresses/<int:channel_pk>/",
        site_addresses.ChannelMoveView.as_view(),
        name="channel_move",
    ),
    path("mourning/", mourning.MourningView.as_view(), name="mourning"),
    path("mourning/<int:pk>/end/", mourning.MourningEndView.as_view(), name="mourning_end"),
    path("web-archive/", web_archive.ArchiveListView.as_view(), name="webarchive_list"),
    path("web-archive/new/", web_archive.ArchiveProposeView.as_view(), name="webarchive_propose"),
    path(
        "web-archive/<int:pk>/take-out/", web_archive.ArchiveRestoreView.as_view(), name="webarchive_restore"
    ),
    path("web-archive/captures/", captures.CaptureListView.as_view(), name="webarchive_captures"),
    path("web-archive/captures/<int:pk>/", captures.CaptureView.as_view(), name="webarchive_capture"),
    path("web-archive/pages/<int:pk>/", captures.CapturedPageView.as_view(), name="webarchive_page"),
    path("visits/", site_visits.VisitsView.as_view(), name="visits"),
    path("visits/<int:pk>/", site_visits.SiteVisitsView.as_view(), name="site_visits"),
    path(
        "visits/<int:pk>/import/",
        site_visits.SiteVisitsImportView.as_view(),
        name="site_visits_import",
    ),
    path(
        "visits/<int:pk>/export/",
        site_visits.SiteVisitsExportView.as_view(),
        name="site_visits_export",
    ),
]
