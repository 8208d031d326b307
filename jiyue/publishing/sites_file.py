"""The routing table for the public process, which can't read the main database."""

import json
from dataclasses import asdict

from django.utils import translation

from jiyue.publishing.delivery.local import LocalStore
from jiyue.publishing.delivery.stores import output_root
from jiyue.publishing.frames import LANGUAGE, load_site_pages
from jiyue.publishing.publisher import exclusive
from jiyue.sites.selectors import list_sites

FILE_NAME = "sites.json"


def build_sites_table() -> list[dict[str, object]]:
    """Return what the public process needs to know of every site."""
    table: list[dict[str, object]] = []
    with translation.override(LANGUAGE):
        for site in list_sites():
            frame = asdict(load_site_pages(site.pk).frame)
            table.append(
                {
                    "key": site.key,
                    "host": site.host,
                    "port": site.port,
                    "base_url": site.base_url,
                    "name": site.name,
                    "theme": site.theme,
                    "frame": frame,
                }
            )
    return table


def render_sites_file() -> bytes:
    """Return the table as it is written."""
    return json.dumps(build_sites_table(), ensure_ascii=False, indent=1).encode() + b"\n"


def write_sites_file() -> None:
    """Replace `sites.json` in the output folder; readers see the old table or the new one."""
    with exclusive("sites"), LocalStore(output_root()) as store:
        store.put(FILE_NAME, render_sites_file())
        store.flush()
