"""Tables of the catalogue. Versions of vocabularies, relations and index numbers are append-only."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from jiyue.library.catalogue.enums import SourceKind, Taxonomy
from jiyue.library.enums import RelationKind
from jiyue.library.models import Edition, Resource
from jiyue.organizations.models import Organization, StaffAccount


class TaxonomyVersion(models.Model):
    """One state of a vocabulary, whole: its terms in order, and what became of earlier ones. Append-only.

    A term is a path of names from the top, with a backslash between two levels: what
    content stores.
    `successors` names, for every term that this version dropped or renamed, the
    term that stands for it now, or nothing.
    """

    taxonomy = models.CharField(max_length=20, choices=Taxonomy)
    number = models.PositiveIntegerField()
    terms = models.JSONField()
    successors = models.JSONField(default=dict)
    digest = models.CharField(max_length=64)
    basis = models.CharField(max_length=300)
    change_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["taxonomy", "number"], name="taxonomy_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.taxonomy} v{self.number}"


class TermMapping(models.Model):
    """A term that came in from elsewhere, and the own term it stands for; empty while nobody has said."""

    taxonomy = models.CharField(max_length=20, choices=Taxonomy)
    foreign = models.CharField(max_length=200)
    term = models.CharField(max_length=200, blank=True)
    times_seen = models.PositiveIntegerField(default=1)
    first_seen_at = models.DateTimeField()
    mapped_by = models.ForeignKey(StaffAccount, models.PROTECT, related_name="+", null=True)
    mapped_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["taxonomy", "foreign"], name="foreign_term_once")
        ]

    def __str__(self) -> str:
        return f"{self.foreign} → {self.term or '?'}"


class ContentSource(models.Model):
    """Somebody whose texts may be reposted (LIB-12); kept centrally, never deleted."""

    name = models.CharField(_("name"), max_length=200, unique=True)
    kind = models.CharField(_("sort"), max_length=20, choices=SourceKind)
    site_url = models.URLField(_("website"), max_length=300, blank=True)
    unit = models.ForeignKey(
        Organization, models.PROTECT, related_name="+", null=True, verbose_name=_("only for")
    )
    listed_from = models.DateField(_("on the white list from"))
    listed_until = models.DateField(_("to"), null=True)
    is_suspended = models.BooleanField(_("suspended"), default=False)
    note = models.CharField(_("remark"), max_length=300, blank=True)
    changed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(listed_until=None) | Q(listed_until__gte=F("listed_from")),
                name="source_days_in_order",
            )
        ]

    def __str__(self) -> str:
        return self.name


class AddedReview(models.Model):
    """The added content and secrecy review of an item from an other source (GL 四(一)5). Append-only."""

    resource = models.ForeignKey(Resource, models.PROTECT, related_name="added_reviews")
    digest = models.CharField(max_length=64)  # of the state that was reviewed
    content_opinion = models.CharField(max_length=1000)
    secrecy_basis = models.CharField(max_length=1000)
    is_passed = models.BooleanField()
    account = models.ForeignKey(StaffAccount, models.PROTECT, related_name="+")
    person_id = models.BigIntegerField()
    reviewed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.resource_id}: {self.is_passed}"


class DocumentRelation(models.Model):
    """What an approved edition says about an earlier item (LIB-07). Append-only.

    It holds as long as its edition is the live one: a withdrawal or a later
    edition that no longer says so ends it.
    """

    edition = models.ForeignKey(Edition, models.PROTECT, related_name="relations")
    origin = models.ForeignKey(Resource, models.PROTECT, related_name="relations_stated")
    target = models.ForeignKey(Resource, models.PROTECT, related_name="relations_suffered")
    kind = models.CharField(max_length=20, choices=RelationKind)
    effective_on = models.DateField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["edition", "target", "kind"], name="relation_once_per_edition"),
            models.CheckConstraint(condition=~Q(origin=F("target")), name="relation_to_another_item"),
        ]
        indexes: ClassVar = [models.Index(fields=["effective_on"], name="relation_effective_on")]

    def __str__(self) -> str:
        return f"{self.origin_id} {self.kind} {self.target_id}"


class IssuedIndexNumber(models.Model):
    """Whose index number it is: a number belongs to one item for ever (LIB-04). Append-only."""

    number = models.CharField(max_length=60, primary_key=True)
    resource = models.ForeignKey(Resource, models.PROTECT, related_name="index_numbers")

    def __str__(self) -> str:
        return self.number


class CatalogueLock(models.Model):
    """Rows that writers take in turn; holds nothing."""

    name = models.CharField(max_length=40, primary_key=True)

    def __str__(self) -> str:
        return self.name
