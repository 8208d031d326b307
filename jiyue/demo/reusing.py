"""Intake and reuse in the demonstration city: picks, systems, quarantine, corrections, manuscripts."""

import tomllib
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from jiyue.core import clock
from jiyue.demo.content import CONTENT
from jiyue.library.models import Resource
from jiyue.library.open_intake.clients import ClientPlan, register_client
from jiyue.library.open_intake.receiving import door_of, receive_many
from jiyue.library.use.corrections import FoundError, record_correction
from jiyue.library.use.enums import ErrorKind, Finder
from jiyue.library.use.manuscripts import HandedIn, keep_manuscript
from jiyue.library.use.offers import set_topics
from jiyue.library.use.picks import confirm_pick, propose_pick
from jiyue.organizations.models import Organization, StaffAccount
from jiyue.organizations.services import grant_sharing
from jiyue.sites.models import Channel


class ReuseLoader:
    """Loads what `content/reuse.toml` states, through the services."""

    def __init__(
        self,
        *,
        units: Mapping[str, Organization],
        channels: Mapping[tuple[str, str], Channel],
        resources: Mapping[str, Resource],
    ):
        self._units = units
        self._channels = channels
        self._resources = resources
        self._facts: dict[str, Any] = tomllib.loads((CONTENT / "reuse.toml").read_text("utf-8"))

    @transaction.atomic
    def load(self) -> None:
        """Shared libraries, picks, systems with what they handed in, corrections and manuscripts."""
        for row in self._facts["sharing"]:
            for owner in row["owners"]:
                grant_sharing(
                    owner=self._units[owner],
                    reader=self._units[row["reader"]],
                    starts_on=clock.today(),
                    ends_on=None,
                    reason=row["reason"],
                    actor=_account(row["by"]),
                )
        for row in self._facts["topics"]:
            clerk = _account(row["by"])
            set_topics(
                channel=self._channels[row["site"], row["channel"]],
                unit=clerk.unit,
                subjects=row["subjects"],
                keywords=row["keywords"],
                actor=clerk,
            )
        for row in self._facts["picks"]:
            self._pick(row)
        for row in self._facts["systems"]:
            self._register(row)
        for row in self._facts["corrections"]:
            self._record_error(row)
        for row in self._facts["manuscripts"]:
            resource = self._resources[row["item"]]
            handed_in = HandedIn(self._units[row["provider"]], title=row["title"], text=row["text"])
            keep_manuscript(resource=resource, handed_in=handed_in, actor=resource.created_by)

    def _pick(self, row: Mapping[str, Any]) -> None:
        clerk = _account(row["by"])
        pick = propose_pick(
            resource_id=self._resources[row["item"]].pk,
            channel=self._channels[row["site"], row["channel"]],
            unit=clerk.unit,
            actor=clerk,
            reason=row["reason"],
        )
        if "confirmed_by" in row:
            confirm_pick(pick=pick, actor=_account(row["confirmed_by"]))

    def _register(self, row: Mapping[str, Any]) -> None:
        plan = ClientPlan(
            name=row["name"],
            unit=self._units[row["unit"]],
            keeper=_account(row["keeper"]),
            kinds=row["kinds"],
        )
        client, _token = register_client(plan=plan, actor=_account(row["by"]))
        receive_many(payloads=row["items"], door=door_of(client))

    def _record_error(self, row: Mapping[str, Any]) -> None:
        resource = self._resources[row["item"]]
        resource.refresh_from_db()
        found = FoundError(
            kind=ErrorKind(row["kind"]),
            error=row["error"],
            finder=Finder(row["finder"]),
            found_at=clock.now(),
            reference=row["reference"],
        )
        record_correction(resource=resource, found=found, actor=resource.created_by)


def _account(login: str) -> StaffAccount:
    return StaffAccount.objects.select_related("person", "unit").get(login_name=login)
