"""Record a system with orders at every step: `python -m tests.upgrade.record CHECKOUT FOLDER`.

CHECKOUT runs an empty system (`./kaitong up`) of any version. It gets plant, products and orders,
and is suspended; FOLDER gets its databases, the records of its topics and the elements' journal.
"""

import sys
import time
from pathlib import Path

from tests.upgrade.order_items import bundle, fibre, gone, olt, refuse, slow, telephone
from tests.upgrade.recorder import Recorder
from tests.upgrade.stored_system import SERVICES, store


def place_orders(it: Recorder) -> None:
    """Place orders so that one waits at each step, and suspend all.

    Of a disconnection of fibre those wait at the crew and at the AAA server. Backward, orders wait
    at an IMS subscriber, at a jumper and at the release of all: the other undos of calls are
    stored as these are.
    """
    fibres = [it.completed(f"ftth-{n}", fibre("A")) for n in range(3)]
    voices = [it.completed(f"voice-{n}", telephone("A")) for n in range(3)]

    waits_at_crews(it, fibres, voices)
    waits_at_olts(it)
    fails(it)
    waits_at_ims(it, voices)
    released = waits_at_aaa(it, fibres)
    it.suspend("resources")
    it.until_steps(released, assign="undoing")
    it.order("assigning", bundle("A"), waits="assignment requested")
    time.sleep(2)
    it.suspend("provisioning")
    it.order("accepted", fibre("A"), waits="accepted")
    time.sleep(1)
    it.suspend(*SERVICES)


def waits_at_crews(it: Recorder, fibres: list[str], voices: list[str]) -> None:
    """Place orders that wait for crews."""
    it.order("ftth-install", fibre("A"), waits="work order dispatched")
    accepted = it.order("ftth-accepted", fibre("A"), waits="work order accepted")
    it.answer(accepted, "accept")
    it.order("bundle", bundle("A"), waits="work orders dispatched")
    it.order("ftth-gone", gone(fibres[0]), waits="recovery dispatched", customer="ftth-0")
    it.order("voice-gone", gone(voices[0]), waits="removal dispatched", customer="voice-0")


def waits_at_olts(it: Recorder) -> None:
    """Place orders that wait for an OLT in maintenance."""
    for_test = it.order("ftth-test", fibre("B"), waits="line test")
    it.until_steps(for_test, install="running")
    it.maintain(olt("B"))
    it.answer(for_test, "report")
    it.until_steps(for_test, test="running")
    it.maintain(olt("C"))
    before = it.order("ftth-profile", fibre("C"), waits="profile")
    it.until_steps(before, account="done", profile="running")


def fails(it: Recorder) -> None:
    """Place orders that fail: one is in fallout, of one a crew is asked to undo its work."""
    it.element(olt("D"), refuse("test-line"))
    fallout = it.order("ftth-fallout", fibre("D"), waits="fallout")
    it.answer(fallout, "report")
    it.until_steps(fallout, test="fallout")
    it.element("ims", refuse("add-enum") | {"kind": "test-line"})
    undone = it.order("voice-undone", telephone("A"), waits="crew undoes")
    it.answer(undone, "report")
    it.until_steps(undone, test="fallout")
    path = f"/ops/v1/fallout/{undone}/fail"
    it.ask("ops", "provisioning", "POST", path, {"reason": "recording"})
    it.until_steps(undone, jumper="undoing")


def waits_at_ims(it: Recorder, voices: list[str]) -> None:
    """Place orders that wait for the IMS core, at each of its steps."""
    before = it.order("voice-test", telephone("A"), waits="line test")
    it.until_steps(before, enum="done")
    it.element("ims", slow("add-enum"), refuse("add-enum"))
    backward = it.order("voice-undo", telephone("A"), waits="subscriber undone")
    it.until_steps(backward, subscriber="done", enum="running")
    it.element("ims", slow("create-subscriber"), slow("remove-enum"))
    at_enum = it.order("voice-enum", telephone("A"), waits="enum")
    removal = it.order("voice-gone-removal", gone(voices[1]), waits="removal", customer="voice-1")
    it.until_steps(at_enum, subscriber="running")
    it.until_steps(removal, enum="running")
    it.maintain("ims")
    first = it.order("voice-subscriber", telephone("A"), waits="subscriber")
    gone_first = it.order("voice-gone-enum", gone(voices[2]), waits="enum", customer="voice-2")
    it.answer(before, "report")
    it.until_steps(before, test="running")
    it.until_steps(backward, subscriber="undoing")
    it.until_steps(at_enum, subscriber="done", enum="running")
    it.until_steps(removal, enum="done", subscriber="running")
    it.until_steps(first, subscriber="running")
    it.until_steps(gone_first, enum="running")


def waits_at_aaa(it: Recorder, fibres: list[str]) -> str:
    """Place orders that wait for the AAA; return one that it will refuse."""
    it.element("aaa", slow("create-account"), refuse("create-account"))
    refused = it.order("ftth-released", fibre("F"), waits="release requested")
    it.until_steps(refused, account="running", profile="done")
    it.maintain("aaa")
    first = it.order("ftth-account", fibre("A"), waits="account")
    removal = it.order("ftth-gone-account", gone(fibres[1]), waits="account", customer="ftth-1")
    it.until_steps(first, account="running", profile="done")
    it.until_steps(removal, account="running", profile="done")
    return refused


if __name__ == "__main__":
    recorder = Recorder(Path(sys.argv[1]))
    recorder.build_plant()
    place_orders(recorder)
    store(recorder, Path(sys.argv[2]))
