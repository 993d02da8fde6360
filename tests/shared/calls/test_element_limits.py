"""Limits of elements: the one that was set, else that of the element's type."""

from shared.calls.element_limits import ElementLimits, ElementType, LimitConfiguration, type_names

TYPES = (ElementType("ims", "ims*", ElementLimits(32)), ElementType("olt", "*-OLT*"))


def test_an_element_has_the_limit_that_was_set_or_else_that_of_its_type() -> None:
    limits = LimitConfiguration({"ims-2": ElementLimits(4)}, TYPES)

    assert limits.limit_of("ims-2") == ElementLimits(4)
    assert limits.limit_of("ims-1") == ElementLimits(32)
    assert limits.limit_of("NJ-OLT01") == limits.limit_of("bras") == ElementLimits(8)


def test_types_have_names_also_for_elements_that_no_pattern_fits() -> None:
    limits = LimitConfiguration({}, TYPES)

    assert [limits.type_of(each) for each in ("ims", "NJ-OLT01", "bras")] == ["ims", "olt", "other"]
    assert type_names(TYPES) == ("ims", "olt", "other")


def test_free_slots_are_the_limit_less_the_calls_in_flight() -> None:
    limits = LimitConfiguration(
        {"olt": ElementLimits(concurrency=3), "bras": ElementLimits(in_maintenance=True)}, TYPES
    )

    assert limits.free_slots("olt", 1) == 2
    assert limits.free_slots("olt", 5) == 0
    assert limits.free_slots("bras", 0) == 0
    assert limits.free_slots("ims", 30) == 2
