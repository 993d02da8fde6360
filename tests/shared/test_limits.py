"""How much elements bear: what somebody has set, else what their type does."""

from shared.calls.element_limits import ElementType, Limit, Limits, type_names

TYPES = (ElementType("ims", "ims*", Limit(32)), ElementType("olt", "*-OLT*"))


def test_an_element_bears_what_somebody_has_set_and_else_what_its_type_does() -> None:
    limits = Limits({"ims-2": Limit(4)}, TYPES)

    assert limits.limit_of("ims-2") == Limit(4)
    assert limits.limit_of("ims-1") == Limit(32)
    assert limits.limit_of("NJ-OLT01") == limits.limit_of("bras") == Limit(8)


def test_types_have_names_also_for_elements_that_no_pattern_fits() -> None:
    limits = Limits({}, TYPES)

    assert [limits.type_of(each) for each in ("ims", "NJ-OLT01", "bras")] == ["ims", "olt", "other"]
    assert type_names(TYPES) == ("ims", "olt", "other")


def test_an_element_bears_as_many_more_calls_as_its_limit_leaves() -> None:
    limits = Limits({"olt": Limit(concurrency=3), "bras": Limit(in_maintenance=True)}, TYPES)

    assert limits.free_slots("olt", 1) == 2
    assert limits.free_slots("olt", 5) == 0
    assert limits.free_slots("bras", 0) == 0
    assert limits.free_slots("ims", 30) == 2
