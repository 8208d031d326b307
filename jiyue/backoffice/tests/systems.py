"""A business system that calls the open interface."""

import json
from typing import Any

from django.test import Client

from jiyue.library.open_intake.clients import ClientPlan, register_client
from tests.factories import World


class System:
    """A business system of unit A and its calls."""

    def __init__(self, world: World, *, name: str = "办文系统", **values: Any):
        plan: dict[str, Any] = {
            "name": name,
            "unit": world.unit_a,
            "keeper": world.author,
            "channels": [world.news],
            "kinds": ["article", "policy_document"],
            "calls_per_minute": 500,
        }
        manager = values.pop("manager", None) or world.manager
        self.client, self.token = register_client(plan=ClientPlan(**{**plan, **values}), actor=manager)
        self.web = Client()

    def post(self, body: Any, path: str = "items", **headers: str) -> Any:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.web.generic(
            "POST",
            f"/intake/v1/{path}",
            data,
            content_type=headers.pop("content_type", "application/json"),
            headers={"Authorization": f"Bearer {self.token}", **headers},
        )

    def get(self, path: str) -> Any:
        return self.web.get(f"/intake/v1/{path}", headers={"Authorization": f"Bearer {self.token}"})


def an_item(**values: Any) -> dict[str, Any]:
    return {
        "source_id": "OA-1",
        "kind": "article",
        "title": "办文系统报送的信息",
        "body_text": "第一段。\n第二段。",
        "source": "市政府办公室",
        "author": "甲",
        "openness": "active",
        "channels": ["shi/yaowen"],
        **values,
    }
