"""Where the ids of an answer lead: OpenAPI links, for programs and people who walk the document.

Named by the shape of the answer, so that a new operation with the same answer has its links by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Json = dict[str, Any]
Follow = dict[str, dict[str, str]]

_ACT = ("getAct", "getTypedData", "sign", "withdrawAct")
_TICKET = ("getTicket", "getLineage", "withdrawAll")
_REQUEST = ("getFinanceRequest", "compareQuotes", "quote", "chooseQuote", "closeFinanceRequest")
_QUOTE = ("withdrawQuote", "registerAssignment")
_SAME = "$request.path.id"
_LOCK = ("getLock", "returnLock", "cancelLock")


def _act(at: str) -> Follow:
    return {
        **{name: {"id": f"{at}/id"} for name in _ACT},
        "rejectLeg": {"id": f"{at}/id", "leg": f"{at}/legs/0/id"},
        "withdrawOffer": {"act": f"{at}/id"},
        "fileEvidence": {"act": f"{at}/id"},
    }


def _all(names: tuple[str, ...], at: str, parameter: str = "id") -> Follow:
    return {name: {parameter: at} for name in names}


_ITEM = "/items/0"
_LINKS: Mapping[str, Follow] = {
    "ActOut": _act(""),
    "ActsOut": _act("/acts/0"),
    "PayOutDrafted": _act("/acts/0"),
    "Page_ActOut_": _act(_ITEM),
    "Page_ParticipantOut_": _all(
        ("getParticipant", "getProfile", "changeProfile", "changeSigners", "suspend", "recover"),
        f"{_ITEM}/id",
    )
    | _all(("getLimit",), f"{_ITEM}/id", "core"),
    "ParticipantDetail": _all(("getProfile", "vetoRecovery", "completeRecovery"), "/id"),
    "Page_IssuanceView_": _all(("getIssuance", "voidIssuance"), f"{_ITEM}/id")
    | _all(("getReplacement",), f"{_ITEM}/id", "issuance"),
    "Page_TicketView_": _all(_TICKET, f"{_ITEM}/id") | _all(("listOrders",), f"{_ITEM}/id", "ticket"),
    "TicketView": _all(("getLineage", "withdrawAll"), "/id")
    | _all(("listOrders",), "/id", "ticket")
    | _all(("getIssuance",), "/issuance"),
    "RequestOut": _all(_REQUEST, "/id"),
    "Page_RequestOut_": _all(_REQUEST, f"{_ITEM}/id"),
    "QuotesOut": {name: {"id": _SAME, "quote": "/quotes/0/id"} for name in _QUOTE}
    | _all(("chooseQuote", "closeFinanceRequest"), _SAME),
    "QuoteOut": {name: {"id": _SAME, "quote": "/id"} for name in _QUOTE} | _all(("compareQuotes",), _SAME),
    "LockOut": _all(_LOCK, "/id"),
    "Page_LockOut_": _all(_LOCK, f"{_ITEM}/id"),
    "ClearingListOut": _all(("getClearingList", "getClearingFile", "getDocument"), "/hash", "hash"),
    "Page_ClearingListOut_": _all(("getClearingList", "getClearingFile"), f"{_ITEM}/hash", "hash"),
    "Page_DocumentOut_": _all(("getDocument",), f"{_ITEM}/hash", "hash"),
}


def add_links(operations: Iterator[tuple[str, str, Json]]) -> None:
    """Puts the links of each answer into the document."""
    found = list(operations)
    names = {operation["operationId"] for _, _, operation in found}
    for _, _, operation in found:
        for status, response in operation["responses"].items():
            if status[0] == "2" and (links := _links(response, operation["operationId"])):
                unknown = {link["operationId"] for link in links.values()} - names
                assert not unknown, f"links to operations that are not there: {unknown}"
                response["links"] = links


def _links(response: Json, own: str) -> Json:
    schema = response.get("content", {}).get("application/json", {}).get("schema", {})
    follow = _LINKS.get(schema.get("$ref", "").rsplit("/", 1)[-1], {})
    return {
        name: {"operationId": name, "parameters": {key: _at(at) for key, at in places.items()}}
        for name, places in follow.items()
        if name != own
    }


def _at(place: str) -> str:
    return place if place.startswith("$") else f"$response.body#{place}"
