"""Acts of every kind: the inbox, signing, rejecting, withdrawing."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query, Response

from api.act_seats import nothing_to_sign, open_seats, own_leg, place_of, seat_at
from api.act_view import act_out, state_of, waits_for
from api.deps import Doing, Once, Read
from api.json_body import routed
from api.models.acts import (
    MOST_PLACES,
    ActOut,
    DraftIn,
    RejectIn,
    SignatureGiven,
    SignIn,
    TypedDataOut,
    WithdrawIn,
)
from api.models.fields import HashIn
from api.pages import Page, Paged, Paging, page, page_of
from ledger import typed
from ledger.access import visible
from ledger.acts import State
from ledger.errors import Invalid, NotFound
from ledger.ids import new_salt
from ledger.ports import Store
from ledger.records import Act, Leg, Seat, User
from ledger.service import DEFAULT_LIFE, Service

router = routed("/acts", "acts")


@router.get("", operation_id="listActs", summary="Acts that the caller's company is a party to")
def list_acts(
    read: Read,
    paging: Paged,
    waiting: Annotated[
        bool, Query(description="Only what waits for a signature of my company", examples=[True])
    ] = False,
    state: Annotated[
        State | None, Query(description="Only acts in this state", examples=["awaiting"])
    ] = None,
    kind: Annotated[
        str | None, Query(max_length=40, description="Only this kind", examples=["Offer"])
    ] = None,
) -> Page[ActOut]:
    """The newest first. With `waiting` it is the inbox."""
    return read(lambda store: _list(store, read.caller, read.app.service, paging, waiting, state, kind))


@router.post(
    "",
    operation_id="draftAct",
    summary="Draft any act by its message",
    status_code=201,
    response_model=ActOut,
)
def draft(body: DraftIn, once: Once) -> Response:
    """For experts: the stages' own endpoints build the message for you."""
    return once(lambda store: _draft(store, once, body))


@router.get("/{id}", operation_id="getAct", summary="One act")
def get_act(id: HashIn, read: Read) -> ActOut:
    """With its legs, and with the seats that have to sign."""
    return read(lambda store: act_out(store, read.caller, read.app.service.act(store, read.caller, id)))


@router.get("/{id}/typed-data", operation_id="getTypedData", summary="EIP-712 JSON of what one seat signs")
def typed_data(
    id: HashIn,
    read: Read,
    place: Annotated[
        int | None,
        Query(
            ge=0,
            lt=MOST_PLACES,
            description="The seat; left out: the first open one of my company",
            examples=[0],
        ),
    ] = None,
) -> TypedDataOut:
    """For `eth_signTypedData_v4` of any wallet."""

    def work(store: Store) -> TypedDataOut:
        act = read.app.service.act(store, read.caller, id)
        seat = seat_at(store, read.caller, act, place)
        return TypedDataOut(**read.app.service.typed_data(store, read.caller, id, seat.place))

    return read(work)


@router.post(
    "/{id}/signatures",
    operation_id="giveSignature",
    summary="A signature made outside",
    status_code=201,
    response_model=ActOut,
)
def signatures(id: HashIn, body: SignatureGiven, once: Once) -> Response:
    """The contract checks it again; whoever sends it has no meaning."""

    def work(store: Store) -> ActOut:
        act = once.app.service.act(store, once.caller, id)
        place = place_of(store, once.caller, act, body)
        once.app.service.sign(store, once.caller, id, place, body.signature)
        return act_out(store, once.caller, act)

    return once(work)


@router.post(
    "/{id}/sign",
    operation_id="sign",
    summary="Sign with the caller's key in the server's keystore",
    status_code=201,
    response_model=ActOut,
)
def sign(id: HashIn, body: SignIn, once: Once) -> Response:
    """Custody by the operator: for people who chose to leave their key there."""

    def work(store: Store) -> ActOut:
        act = once.app.service.act(store, once.caller, id)
        places = (
            [seat.place for seat in open_seats(store, once.caller, act)]
            if body.place is None
            else [body.place]
        )
        if not places:
            raise nothing_to_sign(act)
        for place in places:
            once.app.service.sign(store, once.caller, id, place)
        return act_out(store, once.caller, act)

    return once(work)


@router.post(
    "/{id}/legs/{leg}/reject",
    operation_id="rejectLeg",
    summary="Say no to a leg (拒签)",
    status_code=201,
    response_model=ActOut,
)
def reject(id: HashIn, leg: HashIn, body: RejectIn, once: Once) -> Response:
    """Signatures given before stay valid until the deadline or a withdrawal; the reserved value, too."""

    def work(store: Store) -> ActOut:
        act = once.app.service.act(store, once.caller, id)
        found = store.get(Leg, leg)
        if found is None or found.act != act.id or not own_leg(store, once.caller, found):
            raise NotFound("This act has no such leg, or your company is no party to it.", leg=leg)
        once.app.service.reject(store, once.caller, leg, body.reason)
        return act_out(store, once.caller, act)

    return once(work)


@router.post(
    "/{id}/withdrawals",
    operation_id="withdrawAct",
    summary="Draft the act that ends this one before it has taken effect (撤回)",
    status_code=201,
    response_model=ActOut,
)
def withdraw(id: HashIn, body: WithdrawIn, once: Once) -> Response:
    """Of an offer, a lock or an issue act. The new act wants its own signatures; it counts when it is mined."""
    return once(lambda store: withdrawal(store, once, id, body.places))


def withdrawal(store: Store, once: Doing, id: bytes, places: list[int] | None) -> ActOut:
    """The drafted act that withdraws another one."""
    act = once.app.service.withdraw(store, once.caller, id, places)
    return act_out(store, once.caller, act)


def _list(
    store: Store,
    caller: User,
    service: Service,
    paging: Paging,
    waiting: bool,
    state: State | None,
    kind: str | None,
) -> Page[ActOut]:
    now = service.now(store)

    def keep(act: Act) -> bool:
        return visible(store, caller, act) and (state is None or state_of(store, caller, act) == state)

    def view(act: Act) -> ActOut:
        return act_out(store, caller, act)

    if waiting:
        ids = {seat.act for seat in store.find(Seat, party=caller.party, done=False)}
        acts = [store.need(Act, id_) for id_ in ids]
        wanted = [a for a in acts if waits_for(store, caller, a, now) and keep(a) and kind in (None, a.kind)]
        return page_of(wanted, paging, lambda act: (-act.created_at, act.id), view)
    where: dict[str, Any] = {} if kind is None else {"kind": kind}
    return page(store, Act, paging, view, order="-created_at", keep=keep, **where)


def _draft(store: Store, once: Doing, body: DraftIn) -> ActOut:
    service = once.app.service
    given = {
        "salt": "0x" + new_salt().hex(),
        "deadline": str(service.now(store) + DEFAULT_LIFE),
        **body.message,
    }
    act = service.draft(store, once.caller, body.kind, plain_message(body.kind, given))
    return act_out(store, once.caller, act)


_READERS, _THIRTY_TWO = {"issuance": typed.bytes_reader(16)}, typed.bytes_reader(32)
"""Of what nobody signs, which has bytes alone."""


def plain_message(kind: str, message: dict[str, Any]) -> dict[str, Any]:
    """The message as plain Python. Raises Invalid, which names what does not fit."""
    if kind not in typed.TYPES:
        fields = {name: value for name, value in message.items() if name != "deadline"}
        try:
            return {name: _READERS.get(name, _THIRTY_TWO)(value) for name, value in fields.items()}
        except (ValueError, TypeError) as error:
            raise Invalid(f"A field of {kind} is not 0x hex: {error}; correct it.", kind=kind) from error
    unknown = sorted(set(message) - {name for name, _ in typed.TYPES[kind]})
    if unknown:
        raise Invalid(f"{kind} has no field {', '.join(unknown)}; leave it out.", kind=kind)
    try:
        return typed.message_from_json(kind, message)
    except KeyError as error:
        raise Invalid(f"{kind} needs the field {error.args[0]}; add it.", kind=kind) from error
    except (ValueError, TypeError, AttributeError) as error:
        raise Invalid(f"A field of {kind} does not fit: {error}; correct it.", kind=kind) from error
