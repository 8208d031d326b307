"""Static information: a change replaces the old text everywhere, old versions stay inside (LIB-09)."""

import pytest

from jiyue.library.models import Edition
from jiyue.publishing.models import Placement
from jiyue.publishing.tests.output import correct, occurrences, read

pytestmark = pytest.mark.django_db


@pytest.mark.req("LIB-09")
@pytest.mark.parametrize("kind", ["institution_profile", "static_page"])
def test_a_change_replaces_the_old_text_on_both_sites_and_the_old_one_stays_retrievable(world, kind):
    details = {
        "duties": "主管全市政务公开",
        "address": "旧街一号",
        "office_hours": "9:00-17:00",
        "telephone": "0990-1111111",
    }
    old_body = "<p>旧街一号办公。</p>"
    values = {"details": details} if kind == "institution_profile" else {}
    resource = world.publish(kind=kind, title="机构概况", body_html=old_body, **values)
    places = list(Placement.objects.filter(resource=resource).select_related("site"))
    assert len({place.site_id for place in places}) == 2
    new = {"details": details | {"address": "新街二号"}} if values else {}
    correct(world, resource, body_html="<p>新街二号办公。</p>", **new)
    for place in places:
        page = read(place.site, place.path)
        assert "新街二号" in page
        assert "旧街一号" not in page
    assert occurrences("旧街一号") == []
    first, second = Edition.objects.filter(resource=resource).order_by("number")
    assert "旧街一号" in first.content.body_html
    assert "新街二号" in second.content.body_html
    assert resource.revisions.count() == 2
