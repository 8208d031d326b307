"""Items of the library for the own columns: found, picked, confirmed, taken out."""

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from jiyue.backoffice.access import ClerkView, StaffView
from jiyue.backoffice.forms.refusals import add_refusal, sentence
from jiyue.backoffice.forms.reuse import PickForm, TopicsForm
from jiyue.backoffice.selectors import LIST_SIZE
from jiyue.core.errors import DomainError
from jiyue.library.use.enums import ACTIVE_PICKS, PickStatus
from jiyue.library.use.models import ChannelTopics, Offer, Pick
from jiyue.library.use.offers import decline_offer, list_offers, set_topics
from jiyue.library.use.picks import (
    confirm_pick,
    decision_blockers,
    end_pick,
    ending_blockers,
    list_pick_channels,
    list_pickable,
    list_picks,
    propose_pick,
    refuse_pick,
)
from jiyue.sites.models import Channel

SHOWN_ITEMS = 30  # of one search; more words narrow it
SHOWN_OFFERS = 20


def _attempt(request: HttpRequest, act: Callable[[], object], done: str) -> None:
    """Carry a button's act out and say what happened."""
    try:
        act()
    except DomainError as refusal:
        messages.error(request, sentence(refusal))
    else:
        messages.success(request, done)


class PickListView(StaffView):
    """Picks of the own units: what waits, what is shown, what was."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show one page of the list."""
        picks = list_picks(self.account)
        show = request.GET.get("show", "active")
        chosen = picks if show == "all" else picks.filter(status__in=ACTIVE_PICKS)
        page = Paginator(chosen, LIST_SIZE).get_page(request.GET.get("page"))
        rows = [
            (pick, not decision_blockers(pick, self.account), not ending_blockers(pick, self.account))
            for pick in page.object_list
        ]
        context = {
            "page": page,
            "rows": rows,
            "is_all": show == "all",
            "waiting_count": picks.filter(status=PickStatus.PROPOSED).count(),
            "may_pick": "entry_clerk" in self.role_names,
        }
        return self.page("pick_list.html", context)


class PickSearchView(ClerkView):
    """Public items for one of the own columns, and what is offered to it."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show what was found."""
        unit, words = self.chosen_unit(), request.GET.get("q", "")[:100].replace("\x00", "")
        found = []
        if self.channel is not None:
            lives = list_pickable(self.account, self.channel)
            for word in words.split():
                lives = lives.filter(edition__title__icontains=word)
            found = [
                live
                for live in lives[: SHOWN_ITEMS * 2]
                if self.channel.pk not in live.edition.content.channel_ids
            ]
        context = {
            "unit": unit,
            "units": self.units,
            "channels": self.channels,
            "channel": self.channel,
            "words": words,
            "found": found[:SHOWN_ITEMS],
            "offers": list_offers(unit)[:SHOWN_OFFERS],
        }
        return self.page("pick_search.html", context)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Propose one item for the column."""
        unit, form = self.chosen_unit(), PickForm(request.POST)
        if not form.is_valid():
            messages.error(request, _("Choose an item and a column, and try again."))
            return redirect(request.get_full_path())
        values = form.cleaned_data
        channel = next((each for each in self.channels if each.pk == values["channel"]), None)
        if channel is None:
            raise Http404
        _attempt(
            request,
            lambda: propose_pick(
                resource_id=values["resource"],
                channel=channel,
                unit=unit,
                actor=self.account,
                reason=values["reason"],
            ),
            _("Picked. It is shown once a review lead of your unit confirms it."),
        )
        return redirect("backoffice:pick_list")

    @cached_property
    def channels(self) -> list[Channel]:
        """Columns of the chosen unit."""
        return list_pick_channels(self.chosen_unit())

    @cached_property
    def channel(self) -> Channel | None:
        """The column named in the address, or the first one; another unit's doesn't exist."""
        wanted = self.request.GET.get("channel", "")
        if not wanted:
            return self.channels[0] if self.channels else None
        for channel in self.channels:
            if str(channel.pk) == wanted:
                return channel
        raise Http404


class _PickView(StaffView):
    @cached_property
    def pick(self) -> Pick:
        """The pick named in the address; another unit's doesn't exist."""
        return get_object_or_404(list_picks(self.account), pk=self.kwargs["pk"])

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Lead to the list: where a renewed sign-in comes back to."""
        get_object_or_404(list_picks(self.account), pk=pk)
        return redirect("backoffice:pick_list")


class PickDecideView(_PickView):
    """The review lead's word."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Confirm or refuse."""
        pick, opinion = self.pick, request.POST.get("opinion", "")
        if request.POST.get("decision") == "confirm":
            _attempt(
                request,
                lambda: confirm_pick(pick=pick, actor=self.account, opinion=opinion),
                _("Confirmed. The channel shows it in a moment."),
            )
        else:
            _attempt(
                request,
                lambda: refuse_pick(pick=pick, actor=self.account, opinion=opinion),
                _("Refused."),
            )
        return redirect("backoffice:pick_list")


class PickEndView(_PickView):
    """Taking an item out of a column."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take it out."""
        reason = request.POST.get("reason", "")
        _attempt(
            request,
            lambda: end_pick(pick=self.pick, actor=self.account, reason=reason),
            _("Taken out of the channel."),
        )
        return redirect("backoffice:pick_list")


class OfferDeclineView(ClerkView):
    """An offered item that a column doesn't want."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Lead to the search: where a renewed sign-in comes back to."""
        self._find(pk)
        return redirect("backoffice:pick_search")

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Decline it."""
        offer = self._find(pk)
        unit = next(each for each in self.units if offer.channel in list_pick_channels(each))
        _attempt(
            request,
            lambda: decline_offer(offer=offer, unit=unit, actor=self.account),
            _("Declined. The item can still be found and picked."),
        )
        return redirect("backoffice:pick_search")

    def _find(self, pk: int) -> Offer:
        own = [channel.pk for unit in self.units for channel in list_pick_channels(unit)]
        return get_object_or_404(Offer.objects.select_related("channel__site"), pk=pk, channel__in=own)


class ChannelTopicsView(ClerkView):
    """What a column is about."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the form."""
        topics = ChannelTopics.objects.filter(channel=self.channel).first()
        initial = {
            "subjects": "\n".join(topics.subjects) if topics else "",
            "keywords": "\n".join(topics.keywords) if topics else "",
        }
        return self._page(TopicsForm(initial=initial))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Store it."""
        form = TopicsForm(request.POST)
        unit = next((each for each in self.units if self.channel in list_pick_channels(each)), None)
        if unit is None:
            raise PermissionDenied
        if form.is_valid():
            try:
                set_topics(
                    channel=self.channel,
                    unit=unit,
                    subjects=form.lines("subjects"),
                    keywords=form.lines("keywords"),
                    actor=self.account,
                )
            except DomainError as refusal:
                add_refusal(form, refusal)
            else:
                messages.success(request, _("Saved. What is released from now on is offered by it."))
                return redirect("backoffice:pick_search")
        return self._page(form)

    @cached_property
    def channel(self) -> Channel:
        """The column named in the address; another unit's doesn't exist."""
        own = [channel.pk for unit in self.units for channel in list_pick_channels(unit)]
        return get_object_or_404(Channel.objects.select_related("site"), pk=self.kwargs["pk"], pk__in=own)

    def _page(self, form: TopicsForm) -> HttpResponse:
        return self.page("channel_topics.html", {"form": form, "channel": self.channel})
