"""Limits of elements: the one that was set, else that of the element's type."""

from shared.calls.element_limits import ElementType, Limit, Limits, type_names

TYPES = (ElementType("ims", "ims*", Limit(32)), ElementType("olt", "*-OLT*"))


def test_an_element_has_the_limit_that_was_set_or_else_that_of_its_type() -> None:
    limits = Limits({"ims-2": Limit(4)}, TYPES)

    assert limits.limit_of("ims-2") == Limit(4)
    assert limits.limit_of("ims-1") == Limit(32)
    assert limits.limit_of("NJ-OLT01") == limits.limit_of("bras") == Limit(8)


def test_types_have_names_also_for_elements_that_no_pattern_fits() -> None:
    limits = Limits({}, TYPES)

    assert [limits.type_of(each) for each in ("ims", "NJ-OLT01", "bras")] == ["ims", "olt", "other"]
    assert type_names(TYPES) == ("ims", "olt", "other")


def test_free_slots_are_the_limit_less_the_calls_in_flight() -> None:
    limits = Limits({"olt": Limit(concurrency=3), "bras": Limit(in_maintenance=True)}, TYPES)

    assert limits.free_slots("olt", 1) == 2
    assert limits.free_slots("olt", 5) == 0
    assert limits.free_slots("bras", 0) == 0
    assert limits.free_slots("ims", 30) == 2
