"""Brings the demonstration city into the database, through the product's own services.

Every item is written by its unit's clerk and passes the unit's own reviewers.
Items of the past carry their own date as imported history does
(`originally_published_on`); the publication time stays the server's (REV-29).
"""

from collections.abc import Callable
from datetime import date
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils.html import escape
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit, clock
from jiyue.core.errors import DomainError
from jiyue.demo.content import CONTENT, DemoCity, DemoItem, DemoSite, load_city
from jiyue.demo.governing import GovernanceLoader
from jiyue.demo.images import render_image
from jiyue.demo.reusing import ReuseLoader
from jiyue.demo.reviewing import ReviewLoader
from jiyue.demo.second_factor import require_demo
from jiyue.library.content import Relation, ResourceContent
from jiyue.library.enums import AcquisitionMode, Openness, WithdrawalReason
from jiyue.library.models import Resource
from jiyue.library.services import create_resource, store_media, submit_for_review, withdraw_resource
from jiyue.organizations.credentials.second_factor import enrol
from jiyue.organizations.enums import StaffRole, UnitKind, UnitLevel
from jiyue.organizations.models import Organization, Person, StaffAccount
from jiyue.organizations.services import assign_role, create_unit, open_account
from jiyue.publishing.services import refresh_all_sites
from jiyue.review import services as review
from jiyue.review.enums import StepStatus
from jiyue.review.models import ReviewCase
from jiyue.review.submission import Handling
from jiyue.sites.enums import ContentClass, SiteRoleName, SiteType
from jiyue.sites.models import Channel, Site
from jiyue.sites.services import assign_site_role

_LEVELS = {
    "city": UnitLevel.PREFECTURE_CITY,
    "county": UnitLevel.COUNTY_DISTRICT,
    "township": UnitLevel.TOWNSHIP_SUBDISTRICT,
}
_KINDS = {
    "government": UnitKind.GOVERNMENT,
    "office": UnitKind.DEPARTMENT,
    "department": UnitKind.DEPARTMENT,
    "institution": UnitKind.PUBLIC_INSTITUTION,
}
_CONTENT_CLASSES = {
    "news": ContentClass.DYNAMIC,
    "documents": ContentClass.POLICY,
    "services": ContentClass.SERVICE,
    "static": ContentClass.STATIC,
    "group": ContentClass.OTHER,
}
_ROLES_SINCE = date(2020, 1, 1)
# How many decisions a waiting item has behind it; the third level is the principal leader's, or an office's.
_DECISIONS_BEHIND = {"waiting_1": 0, "waiting_2": 1, "waiting_3": 2}

Progress = Callable[[int, int], None]


class CityLoader:
    """Loads one city; `load` is called once on an empty database."""

    def __init__(self, *, password: str, first_port: int):
        require_demo()
        self._password = password
        self._first_port = first_port
        self._units: dict[str, Organization] = {}
        self._staff: dict[tuple[str, str], StaffAccount] = {}
        self._channels: dict[tuple[str, str], Channel] = {}
        self._resources: dict[str, Resource] = {}

    def load(self, progress: Progress) -> None:
        """Load units, people, sites, channels and items.

        Args:
            progress: Called with the number of items done and of all items.
        """
        city = load_city(clock.today())
        with transaction.atomic():
            self._load_units(city)
            governance = GovernanceLoader(self._units)
            governance.load_rules()
            self._review = ReviewLoader(self._units)
            self._review.load_rules()
            self._load_people(city)
            self._load_sites(city)
            refresh_all_sites()
        for number, item in enumerate(city.items, start=1):
            self._load_item(item)
            progress(number, len(city.items))
        governance.load_work()
        self._review.load_work(self._resources)
        ReuseLoader(units=self._units, channels=self._channels, resources=self._resources).load()

    def _load_units(self, city: DemoCity) -> None:
        for unit in city.units:
            self._units[unit.key] = create_unit(
                actor=audit.PLATFORM,
                code=unit.code,
                name=unit.name,
                short_name=unit.short_name,
                level=_LEVELS[unit.level],
                kind=_KINDS[unit.kind],
                superior=self._units.get(unit.parent),
                supervising_unit=self._units.get(unit.supervisor),
            )

    def _load_people(self, city: DemoCity) -> None:
        for entry in city.people:
            unit = self._units[entry.unit]
            person = Person.objects.create(name=entry.name)
            account = open_account(
                person=person,
                unit=unit,
                login_name=entry.login,
                password=self._password,
                actor=audit.PLATFORM,
            )
            assign_role(
                person=person,
                unit=self._units[entry.role_unit],
                role=StaffRole(entry.role),
                starts_on=_ROLES_SINCE,
                actor=audit.PLATFORM,
            )
            enrol(account, actor=audit.PLATFORM)
            self._staff.setdefault((entry.unit, entry.role), account)

    def _load_sites(self, city: DemoCity) -> None:
        for number, site in enumerate(city.sites):
            self._load_site(site, self._first_port + number)
        for channel in city.channels:
            parent = self._channels.get((channel.site, channel.parent))
            row = Channel.objects.create(
                site=Site.objects.get(key=channel.site),
                parent=parent,
                key=channel.key,
                name=channel.name,
                path=channel.path,
                content_class=_CONTENT_CLASSES[channel.content],
                position=len(self._channels),
                home_position=channel.home_page_order,
            )
            place = (channel.site, channel.key)
            guests = {item.unit for item in city.items if place in item.channels}
            row.contributors.set(self._units[key] for key in guests.union(channel.contributors))
            self._channels[place] = row

    def _load_site(self, site: DemoSite, port: int) -> None:
        row = Site.objects.create(
            key=site.key,
            name=site.name,
            site_type=SiteType(site.type),
            host=site.host,
            port=port,
            base_url=f"http://{site.host}:{port}",
            contact=site.contact,
            identity_code=site.identity_code,
            icp_filing=site.icp_filing,
            psb_filing=site.psb_filing,
            technical_supporter=site.technical_supporter,
            accent=site.accent,
            logo_svg=site.logo.read_text(encoding="utf-8"),
            badge_svg=(CONTENT / "logos" / "badge.svg").read_text(encoding="utf-8"),
        )
        units = {
            SiteRoleName.SUPERVISING_UNIT: site.sponsor,
            SiteRoleName.SPONSOR: site.sponsor,
            SiteRoleName.OPERATOR: site.operator,
        }
        for role, key in units.items():
            assign_site_role(
                site=row, unit=self._units[key], role=role, starts_on=_ROLES_SINCE, actor=audit.PLATFORM
            )

    @transaction.atomic
    def _load_item(self, item: DemoItem) -> None:
        clerk = self._staff[item.unit, StaffRole.ENTRY_CLERK]
        content = self._content_of(item, clerk)
        mode = (
            AcquisitionMode.FILE_IMPORT if content.originally_published_on else AcquisitionMode.SELF_WRITTEN
        )
        resource = create_resource(
            unit=self._units[item.unit], content=content, actor=clerk, acquisition_mode=mode
        )
        self._resources[item.key] = resource
        if item.state in ("draft", "in_case"):
            return
        case = submit_for_review(resource=resource, actor=clerk, handling=Handling(is_major=item.is_major))
        if item.state == "returned":
            self._return(case, item)
            return
        self._review.approve(case, _DECISIONS_BEHIND.get(item.state))
        if item.state == "withdrawn":
            withdraw_resource(
                resource=resource,
                reason_type=WithdrawalReason.OUTDATED,
                reason=item.state_reason,
                actor=self._staff[item.unit, StaffRole.LEADER_IN_CHARGE],
            )

    def _content_of(self, item: DemoItem, clerk: StaffAccount) -> ResourceContent:
        body, picture, picture_alt = item.body_html, "", ""
        if item.image:
            media = store_media(
                unit=clerk.unit,
                original_name=f"{item.key}.jpg",
                data=render_image(item.image.motif, item.image.palette, item.image.seed),
                actor=clerk,
            )
            picture, picture_alt = media.name, item.image.alt
            body = (
                f'<figure><img src="/media/{media.name}" alt="{escape(item.image.alt)}">'
                f"<figcaption>{escape(item.image.caption)}</figcaption></figure>{body}"
            )
        is_past = item.published_at.date() < clock.today()
        return ResourceContent(
            kind=item.kind,
            sort=item.sort,
            title=item.title,
            body_html=body,
            summary=item.summary,
            document_number=item.document_number,
            issuing_body=item.issuing_body,
            subject_category=item.subject_category,
            genre_category=item.genre_category,
            audience=item.audience,
            written_on=item.written_on,
            originally_published_on=item.published_at.date() if is_past else None,
            validity_status=item.validity,
            openness=Openness.ACTIVE if item.kind == "policy_document" else "",
            source=item.source,
            author=item.author,
            keywords=item.keywords,
            picture=picture,
            picture_alt=picture_alt,
            picture_caption=item.image.caption if item.image else "",
            channel_ids=tuple(self._channels[key].pk for key in item.channels),
            relations=self._relations_of(item),
        )

    def _relations_of(self, item: DemoItem) -> tuple[Relation, ...]:
        """Relations to the unit's own items that were loaded before; others' may not be open to it."""
        known = ((kind, self._resources.get(key)) for kind, key in item.relations)
        unit_id = self._units[item.unit].pk
        return tuple(
            Relation(kind, resource_id=other.pk)
            for kind, other in known
            if other and other.unit_id == unit_id
        )

    def _return(self, case: ReviewCase, item: DemoItem) -> None:
        step = case.steps.select_related("case", "unit").get(status=StepStatus.OPEN)
        review.return_case(
            step_id=step.pk,
            seen_digest=case.manifest_digest,
            actor=self._review.decider_of(step),
            reason=item.state_reason,
        )


def is_loaded() -> bool:
    """Whether the city was loaded completely: the last step of loading leaves a mark."""
    return _mark().exists()


def mark_loaded() -> None:
    """Leave the mark that `is_loaded` looks for."""
    _mark().write_text(clock.now().isoformat(), encoding="utf-8")


class LoadedForOtherPorts(DomainError):
    code = "loaded_for_other_ports"


def loaded_port(wanted: int) -> int:
    """Port of the back office of the loaded city: the one before its first site's.

    Args:
        wanted: What was asked for; 0 for no wish.

    Raises:
        LoadedForOtherPorts: Another one was asked for; published pages name their own addresses.
    """
    first = Site.objects.filter(port__isnull=False).order_by("port").values_list("port", flat=True).first()
    port = (first or 1) - 1
    if wanted and wanted != port:
        raise LoadedForOtherPorts(
            _("The city was loaded for port %(port)s and the ones after it.") % {"port": port},
            fix=_("Leave JIYUE_DEMO_PORT out, or load it anew: JIYUE_DEMO_PORT=%(wanted)s make demo-reset")
            % {"wanted": wanted},
        )
    return port


def count_sites() -> int:
    """How many sites the city has."""
    return len(load_city(clock.today()).sites)


def has_leftovers() -> bool:
    """Whether an earlier loading was interrupted."""
    return not is_loaded() and (Organization.objects.exists() or Resource.objects.exists())


def _mark() -> Path:
    return Path(settings.DATA_DIR) / "loaded"
