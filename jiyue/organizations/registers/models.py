"""The rows of every register in `kinds`, and content-provision tasks."""

import pkgutil
from importlib import import_module

from jiyue.organizations.registers import kinds
from jiyue.organizations.registers.base import RegisterFile
from jiyue.organizations.registers.content_tasks.models import ContentTask, ContentTaskEvent

for _module in pkgutil.iter_modules(kinds.__path__):
    import_module(f"{kinds.__name__}.{_module.name}")

__all__ = ["ContentTask", "ContentTaskEvent", "RegisterFile"]
