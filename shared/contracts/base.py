"""Messages: their names, their registry, and their envelope."""

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import ClassVar, Self, TypeVar
from uuid import UUID

import msgspec

from shared.contracts.causation import Causation
from shared.ids import named_id
from shared.version import VERSION

_registry: dict[str, type["Message"]] = {}


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A fact, or a request, that one service publishes. Immutable.

    Consumers ignore fields they do not know, so an owner may add a field with a
    default at any time. Any other change is a new version, published beside the
    old one until the consumers have moved.
    """

    name: ClassVar[str]
    """Owner and fact, for example `resources.assigned`."""

    type: ClassVar[str]
    """Name and version on the wire, for example `resources.assigned.v1`."""

    owner: ClassVar[str]
    """The service that publishes it."""

    topic: ClassVar[str]
    """Kafka topic: of a fact that of its owner, or one of its own if few services read it; of a
    request that of the service that it is for."""

    older: ClassVar[tuple[str, ...]] = ()
    """Types of older versions in which the owner publishes the same fact as well."""

    undone_by: ClassVar[str] = ""
    """The type of the message of the same key that undoes this one."""

    @property
    def key(self) -> UUID:
        """The partition key: messages with one key are read in the order written."""
        raise NotImplementedError

    @property
    def request_name(self) -> str:
        """The name of the request that the message makes or undoes, if a key has several requests.

        Empty for all other messages. It is part of the message's id: after a restore the same
        cause may make another request in the same position, and must not repeat the id.
        """
        return ""


class OrderMessage(Message, frozen=True, kw_only=True):
    """A message about one order, which is its key."""

    order_id: UUID

    @property
    def key(self) -> UUID:
        """The order."""
        return self.order_id


M = TypeVar("M", bound=Message)


def published(  # noqa: PLR0913  each is a property of the message
    name: str,
    version: int,
    *,
    to: str | None = None,
    also_as: tuple[int, ...] = (),
    undone_by: str = "",
    topic: str = "",
) -> Callable[[type[M]], type[M]]:
    """Register a message under its name and version.

    Facts are for all services. A request is for one service, `to`; the others do not
    read it. A fact that few services read may have another `topic` than its owner's, so that the
    others do not fetch it. `also_as` names older versions published beside it, `undone_by` the type
    of the message that undoes it.

    Raises:
        TypeError: if the name and version are taken.
    """

    def register(cls: type[M]) -> type[M]:
        cls.name = name
        cls.owner = name.partition(".")[0]
        cls.type = f"{name}.v{version}"
        cls.older = tuple(f"{name}.v{each}" for each in also_as)
        cls.undone_by = undone_by
        cls.topic = topic or (f"{to}.requests" if to else cls.owner)
        if cls.type in _registry:
            msg = f"{cls.type} is declared twice"
            raise TypeError(msg)
        _registry[cls.type] = cls
        return cls

    return register


def private(name: str, version: int) -> Callable[[type[M]], type[M]]:
    """Register a message that a service sends only itself: a timer, an element's answer.

    It never reaches Kafka, but is written, read and handled like all others.
    """
    return published(name, version, to=PRIVATE)


PRIVATE = "private"
"""The addressee of private messages; there is no such topic."""


def public_contracts() -> list[type[Message]]:
    """Return every contract between services, by name."""
    public = [name for name, each in _registry.items() if not each.topic.startswith(PRIVATE)]
    return [_registry[name] for name in sorted(public)]


def contract_of(type_: str) -> type[Message] | None:
    """Return the contract of a type, if this code knows it."""
    return _registry.get(type_)


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """The envelope of a message: the attributes of CloudEvents 1.0 around the data.

    CloudEvents allows only lower-case letters and digits in attribute names,
    hence the extension names without underscores.
    """

    id: UUID
    type: str
    source: str
    subject: UUID
    """The message's key."""

    time: datetime
    dataschema: str
    tenant: str
    correlationid: UUID
    causationid: UUID
    sequence: int
    """Counts the messages of one owner under one key, from 1, without gaps."""

    data: msgspec.Raw
    """The message, as JSON."""

    specversion: str = "1.0"
    datacontenttype: str = "application/json"
    localnetwork: str = ""
    traceparent: str = ""
    older: tuple[str, ...] = ()
    """Types of older versions in which the same fact is published as well."""

    sourceversion: str = ""
    """The version of Kaitong that published it."""

    @classmethod
    def wrap(  # noqa: PLR0913, PLR0917  an envelope has so many attributes
        cls,
        message: Message,
        cause: Causation,
        position: int,
        sequence: int,
        time: datetime,
        data: bytes | None = None,
    ) -> Self:
        """Wrap the message that `cause` publishes at `position`. A retry repeats the id.

        `data` is the message, if it is encoded already.
        """
        type_ = message.type
        return cls(
            id=message_id(cause, message, position),
            type=type_,
            source=f"/kaitong/{message.owner}",
            subject=message.key,
            time=time,
            dataschema=f"/contracts/{type_}.json",
            tenant=cause.tenant,
            correlationid=cause.correlation_id,
            causationid=cause.id,
            sequence=sequence,
            data=msgspec.Raw(data or encode(message)),
            localnetwork=cause.local_network,
            traceparent=cause.traceparent,
            older=message.older,
            sourceversion=VERSION,
        )

    def open(self) -> Message | None:
        """Return the message inside, or None if this code does not know its type.

        Raises:
            msgspec.ValidationError: if the data breaks its contract.
        """
        contract = _registry.get(self.type)
        return _decoder(contract).decode(self.data) if contract else None

    @property
    def as_causation(self) -> Causation:
        """This message as the cause of its consumer's work."""
        return Causation(
            self.id, self.correlationid, self.tenant, self.localnetwork, self.traceparent
        )


def message_id(cause: Causation, message: Message, position: int) -> UUID:
    """Return the id of the message that `cause` publishes at `position`: always the same."""
    name = f"{message.type}/{position}"
    return named_id(cause.id, f"{name}/{message.request_name}" if message.request_name else name)


def message_name(type_: str) -> str:
    """Return the name in a type, without its version."""
    return type_.rpartition(".v")[0] or type_


encode = msgspec.json.Encoder().encode
read_envelope = msgspec.json.Decoder(Envelope).decode
"""Decode an envelope. Raises msgspec.MsgspecError if it is not one."""


@lru_cache(maxsize=256)
def _decoder(contract: type[M]) -> msgspec.json.Decoder[M]:
    return msgspec.json.Decoder(contract)
