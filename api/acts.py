"""Acts of every kind: the inbox, signing, rejecting, withdrawing."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from api.act_view import act_out, state_of, waits_for
from api.deps import Doing, Once, Read
from api.models.acts import (
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
from ledger.acts import State
from ledger.errors import Invalid, NotFound
from ledger.ids import new_salt
from ledger.ports import Store
from ledger.records import Act, Leg, Seat, Signature, SignerKey, User
from ledger.service import DEFAULT_LIFE, Service, visible
from ledger.signatures import recover

router = APIRouter(prefix="/acts", tags=["acts"])


class NothingToSign(NotFound):
    """The act wants no signature of the caller's company, or has it already."""

    code = "nothing-to-sign"
    title = "Nothing of this act waits for your signature"


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
        Query(ge=0, description="The seat; left out: the first open one of my company", examples=[0]),
    ] = None,
) -> TypedDataOut:
    """For `eth_signTypedData_v4` of any wallet."""

    def work(store: Store) -> TypedDataOut:
        act = read.app.service.act(store, read.caller, id)
        seat = _seat(store, read.caller, act, place)
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
        place = _place_of(store, once.caller, act, body)
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
            raise _nothing(act)
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
        if found is None or found.act != act.id or not _own_leg(store, once.caller, found):
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


def open_seats(store: Store, caller: User, act: Act) -> list[Seat]:
    """The seats of the caller's company, or of its key, that have not enough signatures and none of this key."""
    unsigned = {leg.id for leg in store.find(Leg, act=act.id) if leg.state in (State.DRAFT, State.AWAITING)}
    signed = {s.place for s in store.find(Signature, act=act.id, address=caller.address)}
    return [
        seat
        for seat in store.find(Seat, act=act.id, done=False)
        if _is_ours(seat, caller)
        and seat.place not in signed
        and (seat.leg in unsigned if seat.leg else bool(unsigned))
    ]


def _is_ours(seat: Seat, caller: User) -> bool:
    return seat.address == caller.address if seat.address else seat.party == caller.party


def _own_leg(store: Store, caller: User, leg: Leg) -> bool:
    return any(seat.party == caller.party for seat in store.find(Seat, act=leg.act, leg=[leg.id, b""]))


def _seat(store: Store, caller: User, act: Act, place: int | None) -> Seat:
    if place is None:
        found = open_seats(store, caller, act)
        if not found:
            raise _nothing(act)
        return found[0]
    seat = store.get(Seat, act.id, place)
    if seat is None or not _visible_seat(store, caller, act, seat):
        raise NotFound(f"This act has no signature number {place}.", act=act.id, place=place)
    return seat


def _visible_seat(store: Store, caller: User, act: Act, seat: Seat) -> bool:
    if act.kind != "Offer" or not seat.leg or caller.party in (act.party, seat.party):
        return True
    return bool(store.count(Seat, act=act.id, party=caller.party, leg=b""))


def _place_of(store: Store, caller: User, act: Act, body: SignatureGiven) -> int:
    """The seat that a signature from outside is for: the given one, else the first one open for its key."""
    if body.place is not None:
        return _seat(store, caller, act, body.place).place
    open_ = [
        seat for seat in store.find(Seat, act=act.id, done=False) if _visible_seat(store, caller, act, seat)
    ]
    for seat in open_:
        address = recover(seat.digest, body.signature)
        if seat.address == address or (not seat.address and _signs_for(store, address, seat.party)):
            return seat.place
    if not open_:
        raise _nothing(act)
    own = [seat for seat in open_ if seat.party == caller.party]
    return (own or open_)[0].place


def _signs_for(store: Store, address: str, party: int) -> bool:
    key = store.get(SignerKey, address)
    return key is not None and key.party == party


def _nothing(act: Act) -> NothingToSign:
    return NothingToSign(
        "Nothing of this act waits for your company's signature; look at its seats and states.", act=act.id
    )


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
    act = service.draft(store, once.caller, body.kind, _plain(body.kind, given))
    return act_out(store, once.caller, act)


def _plain(kind: str, message: dict[str, Any]) -> dict[str, Any]:
    """The message as plain Python. Raises Invalid, which names what does not fit."""
    if kind not in typed.TYPES:
        fields = {name: value for name, value in message.items() if name != "deadline"}
        try:
            return {name: bytes.fromhex(str(value).removeprefix("0x")) for name, value in fields.items()}
        except ValueError as error:
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
