"""What is read from a request's headers: its id and its bearer token."""

import re

from aiohttp import web

from chassis.problems import Unauthorized
from contracts.ids import new_id_text

REQUEST_ID_HEADER = "X-Request-Id"
REQUEST_ID = web.RequestKey("request_id", str)
ROUTE = web.RequestKey("route", str)
"""Set by a handler that answers many routes: the template that metrics, log and span are to name."""
LONGEST_USER_AGENT = 300
_SANE_ID = re.compile(r"[A-Za-z0-9._\-]{8,128}\Z")


def assign_request_id(request: web.BaseRequest) -> str:
    """Take the client's id if it is harmless to write into a log, else make one."""
    given = request.headers.get(REQUEST_ID_HEADER, "")
    request_id = given if _SANE_ID.match(given) else new_id_text()
    request[REQUEST_ID] = request_id
    return request_id


def request_id_of(request: web.BaseRequest) -> str:
    """The id assigned to this request."""
    return request[REQUEST_ID]


def user_agent_of(request: web.BaseRequest) -> str:
    """What the client calls itself, as far as it can be stored and shown; empty if it says nothing."""
    given = request.headers.get("User-Agent", "").encode("utf-8", "replace").decode()
    return "".join(character for character in given if character.isprintable())[:LONGEST_USER_AGENT]


def bearer_token(request: web.BaseRequest) -> str:
    """The token of the one Authorization header. Raises Unauthorized."""
    given = request.headers.getall("Authorization", [])
    if not given:
        raise Unauthorized("authentication_required", "Send an access token as Authorization: Bearer.")
    scheme, _, token = given[0].partition(" ")
    if len(given) > 1 or scheme.lower() != "bearer" or len(token.split()) != 1:
        raise Unauthorized("token_invalid", "Authorization is not one Bearer token.")
    return token.strip()
