"""The numbers of the province, distributed to its exchanges in segments."""

from collections.abc import Iterator, Sequence

from tools.province.model import Exchange, Segment

COUNTRY = "+86"
FIRST_SUBSCRIBER = 80_000_000
SUBSCRIBERS = 10_000_000
"""Each city has the numbers 8000 0000 to 8999 9999: 1,000 offices (局号) of 10,000 numbers."""

NUMBERS_PER_OFFICE = 10_000


def segments(exchanges: Sequence[Exchange], number_count: int) -> Iterator[Segment]:
    """Yield segments of `number_count` numbers in all, assigned to the exchanges in rotation.

    A segment never crosses an office; the last one has the remainder.

    Raises:
        ValueError: an exchange would have more numbers than its offices.
    """
    if not 0 <= number_count <= capacity(exchanges):
        message = (
            f"{number_count} numbers do not fit: the province holds 0 to {capacity(exchanges)}"
        )
        raise ValueError(message)
    size = segment_size(number_count, len(exchanges))
    starts = first_subscriber_numbers(exchanges)
    for position, done in enumerate(range(0, number_count, size)):
        rotation, index = divmod(position, len(exchanges))
        yield segment(
            exchanges[index], starts[index] + rotation * size, min(size, number_count - done)
        )


def segment(exchange: Exchange, subscriber: int, count: int) -> Segment:
    """Return the exchange's segment that begins at this subscriber number."""
    area = exchange.local_network
    return Segment(
        id=f"seg-{area}-{subscriber}",
        exchange_id=exchange.id,
        local_network=area,
        first=f"{COUNTRY}{area.removeprefix('0')}{subscriber}",
        count=count,
    )


def segment_size(number_count: int, exchanges: int) -> int:
    """Return the largest power of ten, at most an office, that gives each exchange a segment."""
    size = NUMBERS_PER_OFFICE
    while size > 1 and number_count < size * exchanges:
        size //= 10
    return size


def first_subscriber_numbers(exchanges: Sequence[Exchange]) -> list[int]:
    """Return the first subscriber number of each exchange."""
    counts: dict[str, int] = {}
    starts = []
    for exchange in exchanges:
        index = counts.get(exchange.local_network, 0)
        counts[exchange.local_network] = index + 1
        starts.append(FIRST_SUBSCRIBER + index * max_numbers_per_exchange(exchanges))
    return starts


def max_numbers_per_exchange(exchanges: Sequence[Exchange]) -> int:
    """Return the most numbers of an exchange: whole offices, the same in all cities."""
    networks = [exchange.local_network for exchange in exchanges]
    most = max(networks.count(network) for network in set(networks))
    return SUBSCRIBERS // NUMBERS_PER_OFFICE // most * NUMBERS_PER_OFFICE


def capacity(exchanges: Sequence[Exchange]) -> int:
    """Return the most numbers that all exchanges may have together."""
    return max_numbers_per_exchange(exchanges) * len(exchanges)
