"""Asking another server for a small JSON answer: with limits of time and size, without detours."""

import json
import time
from collections.abc import Mapping
from typing import Any

import requests

CONNECT_SECONDS = 3.0
READ_SECONDS = 5.0  # between two pieces
TOTAL_SECONDS = 10.0  # a person waits for the answer
MAX_BYTES = 512 * 1024  # a description of a provider has some kilobytes
_PIECE = 16 * 1024
_OK = 200


class AnswerRefused(Exception):
    """There was no usable answer.

    Attributes:
        code: `unreachable`, `status`, `too_large`, `too_slow` or `unreadable`.
    """

    def __init__(self, code: str):
        super().__init__(code)
        self.code = code


def get_json(address: str) -> Mapping[str, Any]:
    """Fetch a JSON object.

    Raises:
        AnswerRefused: No answer in time, another status than 200, too much, or no JSON object.
    """
    return _ask("GET", address)


def post_json(
    address: str, form: Mapping[str, str], *, login: tuple[str, str] | None = None
) -> Mapping[str, Any]:
    """Send a form and read the JSON object that answers it.

    Args:
        address: Where to.
        form: Fields.
        login: Name and secret of the client.

    Raises:
        AnswerRefused: As `get_json`.
    """
    return _ask("POST", address, data=form, auth=login)


def _ask(method: str, address: str, **options: Any) -> Mapping[str, Any]:
    deadline = time.monotonic() + TOTAL_SECONDS
    with requests.Session() as session:
        session.trust_env = False  # no proxy and no password file of the environment
        try:
            with session.request(
                method,
                address,
                headers={"Accept": "application/json"},
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,
                stream=True,
                **options,
            ) as response:
                if response.status_code != _OK:
                    raise AnswerRefused("status")
                body = _read(response, deadline)
        except (requests.RequestException, UnicodeError) as error:
            raise AnswerRefused("unreachable") from error
    return _parse(body)


def _read(response: requests.Response, deadline: float) -> bytes:
    body = b""
    for piece in response.iter_content(_PIECE):
        body += piece
        if len(body) > MAX_BYTES:
            raise AnswerRefused("too_large")
        if time.monotonic() > deadline:
            raise AnswerRefused("too_slow")
    return body


def _parse(body: bytes) -> Mapping[str, Any]:
    try:
        answer = json.loads(body)
    except ValueError as error:
        raise AnswerRefused("unreadable") from error
    if not isinstance(answer, dict):
        raise AnswerRefused("unreadable")
    return answer
