from django.urls import get_resolver

from jiyue.backoffice.menu import ENTRIES, entries_for
from jiyue.backoffice.middleware import CONTENT_SECURITY_POLICY


def test_no_address_belongs_to_anybody_else():
    names = {str(name) for name in get_resolver().reverse_dict if isinstance(name, str)}
    assert names == set()
    assert set(get_resolver().namespace_dict) == {"backoffice", "intake", "operations"}


def test_menu_shows_only_what_the_role_may_open(world, enter):
    page = enter(world.lead).get("/").content.decode()
    assert "/audit/" not in page
    assert "/import/" not in page
    assert "/review/" in page
    assert len(entries_for(frozenset({"platform_manager"}))) < len(ENTRIES)


def test_pages_carry_the_strict_policy_and_stay_out_of_caches(world, enter):
    answer = enter(world.author).get("/")
    assert answer["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    assert "script-src 'self'" in answer["Content-Security-Policy"]
    assert answer["Cache-Control"] == "no-store"


def test_pages_hold_no_inline_script_or_style(world, enter):
    page = enter(world.author).get("/resources/new/").content.decode()
    assert "<style" not in page
    assert " style=" not in page
    assert " onclick=" not in page
    for script in page.split("<script")[1:]:
        head = script.split(">", 1)[0]
        assert "src=" in head or 'type="application/json"' in head


def test_unknown_address_and_lacking_role_have_pages_of_their_own(world, enter):
    client = enter(world.author)
    for address, status in (("/nowhere/", 404), ("/audit/", 403)):
        answer = client.get(address)
        assert answer.status_code == status
        assert b"error.css" in answer.content


def test_request_that_is_too_large_is_refused_with_a_page_that_says_why(world, enter, settings):
    resource = world.draft()
    text = "文" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 3 + 1)
    answer = enter(world.author).post(f"/resources/{resource.pk}/edit/", {"body_html": text})
    assert answer.status_code == 400
    assert b"error.css" in answer.content
    resource.refresh_from_db()
    assert resource.last_revision == 1


def test_form_of_an_earlier_sign_in_leads_back_to_itself(world, enter):
    resource = world.draft()
    client = enter(world.author)
    client.handler.enforce_csrf_checks = True
    answer = client.post(f"/resources/{resource.pk}/edit/", {"title": "x"})
    assert answer.status_code == 403
    assert f'href="/resources/{resource.pk}/edit/"' in answer.content.decode()
