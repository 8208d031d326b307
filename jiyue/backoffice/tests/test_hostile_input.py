"""What no browser of ours sends: refused or ignored, never a fault of ours."""

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django_otp.plugins.otp_totp.models import TOTPDevice

from jiyue.backoffice.tests.forms import form_of
from jiyue.backoffice.tests.test_editing import picture
from jiyue.core import audit, clock
from jiyue.library.services import store_media
from jiyue.organizations.credentials import second_factor
from tests.factories import PASSWORD, make_content

ATTEMPTS = 10  # wrong passwords, more than the profile allows
NO_NUMBERS = ["²", "١", "9" * 25, "9" * 5000, "-1", "1e9", "\x00"]
NO_MOMENTS = [
    "0001-01-01T00:00:00+14:00_1",
    "9999-12-31T23:59:59-12:00_1",
    f"2026-01-01T00:00:00+08:00_{'9' * 30}",
    "2026-01-01T00:00:00+08:00_²",
    "\x00_1",
]


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_address_with_what_is_no_number_is_no_fault(world, enter, text):
    resource = world.draft()
    client = enter(world.author)
    assert client.get("/resources/batch/", {"id": text}).status_code == 200
    assert client.get("/resources/new/", {"unit": text}).status_code == 404
    compare = reverse("backoffice:resource_compare", args=[resource.pk])
    assert client.get(compare, {"old": text}).status_code == 404
    assert client.get("/review/", {"page": text}).status_code == 200
    assert client.get("/resources/", {"q": text}).status_code == 200
    assert enter(world.inspector).get("/audit/", {"before": text}).status_code == 200


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_form_with_what_is_no_number_is_no_fault(world, enter, text):
    assert enter(world.manager).post("/side-effects/retry/", {"id": text}).status_code == 302
    client = enter(world.author)
    form = form_of(make_content(world.news), 0, channel_ids=[text])
    answer = client.post("/resources/new/", form)
    assert answer.context["form"].errors["channel_ids"]
    assert client.post("/import/", {"channel_ids": [text]}).status_code == 200


@pytest.mark.parametrize("text", NO_MOMENTS)
def test_list_key_that_nobody_gave_out_starts_the_list_anew(world, enter, text):
    world.draft()
    page = enter(world.author).get("/resources/", {"after": text})
    assert len(page.context["rows"]) == 1


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_day_at_the_end_of_the_calendar_is_refused_in_the_form(world, enter, day):
    client = enter(world.inspector)
    for name in ("since", "until"):
        assert client.get("/audit/", {name: day}).context["form"].errors[name]


def test_guessing_at_other_names_does_not_free_a_name_that_waits(world):
    second_factor.enrol(world.author, actor=audit.PLATFORM)
    with time_machine.travel(
        clock.now(), tick=False
    ):  # a name waits for seconds, a busy machine guesses for minutes
        for _attempt in range(ATTEMPTS):
            _guess("jia", "wrong-password")
        for number in range(400):
            _guess(f"nobody-{number}", "wrong-password")
        assert _guess("jia", PASSWORD).status_code == 200


def test_many_wrong_codes_say_how_long_to_wait(world):
    second_factor.enrol(world.author, actor=audit.PLATFORM)
    client = Client()
    client.post("/sign-in/", {"login_name": "jia", "password": PASSWORD})
    TOTPDevice.objects.update(throttling_failure_count=6, throttling_failure_timestamp=clock.now())
    right = second_factor.current_code(world.author)
    answer = client.post("/sign-in/code/", {"code": right})
    assert answer.status_code == 200
    assert any(character.isdigit() for character in answer.context["form"].errors["code"][0])


def test_private_file_is_not_kept_by_the_browser(world, enter):
    media = store_media(unit=world.unit_a, original_name="图.png", data=picture().read(), actor=world.author)
    answer = enter(world.author).get(reverse("backoffice:media_file", args=[media.name]))
    assert answer.headers["Cache-Control"] == "no-store"


def _guess(name: str, password: str):
    return Client().post("/sign-in/", {"login_name": name, "password": password})
