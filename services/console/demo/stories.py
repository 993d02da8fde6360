"""The kinds of orders that the demonstration posts, and the end that each must come to.

Data only: `share` is how many of 200 orders are of the kind.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

WHOLE = 200
"""What shares are shares of."""


class End(StrEnum):
    """What may become of a posted order."""

    COMPLETED = "completed"
    FAILED = "failed"
    REJECTED = "rejected"
    REFUSED = "refused"
    """Not accepted: the answer was a 4xx."""

    REPEATED = "repeated"
    """It was there already: the answer was the first one again."""


class Product(StrEnum):
    """What is ordered, by the name of the example that orders it."""

    FIBRE = "ftth-new"
    TELEPHONE = "voice-new"
    PICKED = "voice-picked"
    """A telephone with a number that was searched for and held."""

    HOME = "bundle-home"
    """Fibre and telephone in a bundle."""


class Place(StrEnum):
    """What lies at the address."""

    USUAL = "usual"
    SILENT = "silent"
    """The OLT does its work and drops the answer."""

    STUBBORN = "stubborn"
    """The OLT refuses."""

    UNSERVED = "unserved"
    FULL = "full"
    """The splitter has no free leg."""


class Twist(StrEnum):
    """What is special about a post."""

    NONE = ""
    BAD_SPEED = "bad-speed"
    """A characteristic has a value that the specification does not allow."""

    SAME_EXTERNAL_ID = "same-external-id"
    SAME_KEY = "same-key"
    OTHER_UNDER_EXTERNAL_ID = "other-under-external-id"
    OTHER_UNDER_KEY = "other-under-key"
    DISCONNECT = "disconnect"


FIRST_HALF = frozenset({Twist.NONE, Twist.BAD_SPEED})
"""Posts that stand alone; all others come back to an earlier one."""


EXAMPLES: Mapping[Place | Twist, str] = {
    Place.UNSERVED: "unserved-address",
    Place.FULL: "no-free-port",
    Twist.BAD_SPEED: "bad-characteristic",
    Twist.DISCONNECT: "disconnect",
}
"""Examples that are not named after their product."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One kind of post."""

    about: str
    share: int
    product: Product
    end: End
    place: Place = Place.USUAL
    twist: Twist = Twist.NONE
    status: int = 201
    """The answer's."""

    code: str = ""
    """Why it is refused, rejected, or fails."""

    is_always: bool = True
    """Told at least once, however few orders are posted."""

    @property
    def example(self) -> str:
        """The example that it is made from."""
        special = EXAMPLES.get(self.place) or EXAMPLES.get(self.twist)
        return special or self.product

    @property
    def stands_alone(self) -> bool:
        """Tell whether it needs no earlier order."""
        return self.twist in FIRST_HALF


STORIES = (
    Story(about="fibre, new", share=62, product=Product.FIBRE, end=End.COMPLETED),
    Story(
        about="telephone, new",
        share=30,
        product=Product.TELEPHONE,
        end=End.COMPLETED,
        is_always=False,
    ),
    Story(
        about="telephone, number picked",
        share=16,
        product=Product.PICKED,
        end=End.COMPLETED,
    ),
    Story(about="home bundle, new", share=24, product=Product.HOME, end=End.COMPLETED),
    Story(
        about="OLT drops its answer",
        share=8,
        product=Product.FIBRE,
        end=End.COMPLETED,
        place=Place.SILENT,
    ),
    Story(
        about="OLT refuses",
        share=2,
        product=Product.FIBRE,
        end=End.FAILED,
        place=Place.STUBBORN,
        code="port-locked",
        is_always=False,
    ),
    Story(
        about="address without fibre",
        share=4,
        product=Product.FIBRE,
        end=End.REJECTED,
        place=Place.UNSERVED,
        code="unserved",
    ),
    Story(
        about="no free port",
        share=4,
        product=Product.FIBRE,
        end=End.FAILED,
        place=Place.FULL,
        code="none-free",
    ),
    Story(
        about="bad characteristic",
        share=6,
        product=Product.FIBRE,
        end=End.REFUSED,
        twist=Twist.BAD_SPEED,
        status=400,
        code="invalid",
    ),
    Story(
        about="same externalId, same body",
        share=4,
        product=Product.FIBRE,
        end=End.REPEATED,
        twist=Twist.SAME_EXTERNAL_ID,
    ),
    Story(
        about="same Idempotency-Key, same body",
        share=4,
        product=Product.FIBRE,
        end=End.REPEATED,
        twist=Twist.SAME_KEY,
        is_always=False,
    ),
    Story(
        about="same externalId, other body",
        share=2,
        product=Product.FIBRE,
        end=End.REFUSED,
        twist=Twist.OTHER_UNDER_EXTERNAL_ID,
        status=409,
        code="external-id-taken",
    ),
    Story(
        about="same Idempotency-Key, other body",
        share=2,
        product=Product.FIBRE,
        end=End.REFUSED,
        twist=Twist.OTHER_UNDER_KEY,
        status=422,
        code="idempotency-key-reused",
    ),
    Story(
        about="fibre, disconnect",
        share=16,
        product=Product.FIBRE,
        end=End.COMPLETED,
        twist=Twist.DISCONNECT,
    ),
    Story(
        about="telephone, disconnect",
        share=12,
        product=Product.PICKED,
        end=End.COMPLETED,
        twist=Twist.DISCONNECT,
    ),
    Story(
        about="home bundle, disconnect",
        share=4,
        product=Product.HOME,
        end=End.COMPLETED,
        twist=Twist.DISCONNECT,
        is_always=False,
    ),
)


def mix(orders: int) -> Iterator[tuple[Story, int]]:
    """Yield how many of so many orders are of each kind, in proportion.

    Every kind that is always told gets one; the rest is dealt by largest remainder.

    Raises:
        ValueError: if there are fewer orders than kinds that are always told.
    """
    least = [int(story.is_always) for story in STORIES]
    if orders < sum(least):
        message = f"{orders} orders are too few: {sum(least)} tell every story once"
        raise ValueError(message)
    exact = [orders * story.share / WHOLE for story in STORIES]
    counts = [max(low, int(each)) for low, each in zip(least, exact, strict=True)]
    while sum(counts) < orders:
        counts[most_wanting(exact, counts)] += 1
    while sum(counts) > orders:
        counts[most_abundant(counts, least)] -= 1
    return zip(STORIES, counts, strict=True)


def most_wanting(exact: Sequence[float], counts: Sequence[int]) -> int:
    """Return which kind lacks most of what it should have."""
    lacking = [each - count for each, count in zip(exact, counts, strict=True)]
    return lacking.index(max(lacking))


def most_abundant(counts: Sequence[int], least: Sequence[int]) -> int:
    """Return which kind can best do with one less."""
    spare = [(count > low, count) for count, low in zip(counts, least, strict=True)]
    return spare.index(max(spare))
