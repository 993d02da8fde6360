"""The broker or the database is out for a while: nobody is told a lie, and nothing is lost."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

from tests.flows.items import fibre
from tests.flows.site import Site


@contextmanager
def frozen(site: Site, name: str) -> Iterator[None]:
    """Stop a process dead until the block ends: it is there, and says nothing."""
    line = next(line for line in site.record.lines if line.name == name)
    process = line.life.process
    assert process
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


def test_orders_are_accepted_without_the_broker_and_completed_when_it_is_back(site: Site) -> None:
    place = site.place()

    with frozen(site, "kafka"):
        answers = [site.post(site.order(fibre(place.served))) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [201] * 3
    for answer in answers:
        assert site.fulfil(answer.json()["id"])["state"] == "completed"


def test_without_the_database_orders_are_refused_for_now_and_then_taken(site: Site) -> None:
    order, postgres = site.order(fibre(site.place().served)), site.stack.postgres
    assert postgres

    postgres.kill()
    answers = []

    def taken() -> bool:
        answers.append(site.post(order))
        return answers[-1].status_code == 201

    site.until(taken)

    refused = [answer for answer in answers if answer.status_code != 201]
    assert refused, "the database was out for no request"
    assert {answer.status_code for answer in refused} == {503}
    assert all(answer.headers["retry-after"] for answer in refused)
    assert all(answer.json()["remedy"] for answer in refused)
    assert site.fulfil(answers[-1].json()["id"])["state"] == "completed"
