"""What the registers give to other rooms: purposes of files, live contracts, carriers of reforms."""

from django.utils.translation import gettext_lazy as _

from jiyue.core.files import PURPOSES, Purpose
from jiyue.organizations.carriers import CARRIERS
from jiyue.organizations.eligibility import LIVE_CONTRACTS
from jiyue.organizations.registers import carrying, selectors, services
from jiyue.organizations.registers.content_tasks import services as task_services
from jiyue.organizations.registers.content_tasks import sides
from jiyue.organizations.registers.kinds.outsourcing import get_persons_with_live_contract

REGISTER_FILES = Purpose(_("file of a register"), selectors.may_open_file)
TASK_FILES = Purpose(_("delivery of a task"), sides.may_open_file)
REGISTER_CARRIER = carrying.RegisterCarrier()
TASK_CARRIER = carrying.TaskCarrier()


def register() -> None:
    """Register everything once, at start-up."""
    PURPOSES.register(services.FILE_PURPOSE, REGISTER_FILES)
    PURPOSES.register(task_services.FILE_PURPOSE, TASK_FILES)
    LIVE_CONTRACTS.register("registers", get_persons_with_live_contract)
    CARRIERS.register("registers", REGISTER_CARRIER)
    CARRIERS.register("content_tasks", TASK_CARRIER)
