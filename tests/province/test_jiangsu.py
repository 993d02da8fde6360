"""The demonstration province has real names and codes, and consistent plant."""

from collections import Counter
from itertools import pairwise

import phonenumbers
import pytest
from phonenumbers import PhoneNumber, PhoneNumberType, geocoder

from tools.province import division_codes
from tools.province.addresses import NO_FREE_PORT, UNSERVED
from tools.province.build import Province, build_province
from tools.province.divisions import FILE, cities
from tools.province.extract import extract
from tools.province.model import Address, Splitter
from tools.province.plant import LAST_SVLAN, LEGS_PER_PORT

AREA_CODES = {
    "Nanjing": "025",
    "Wuxi": "0510",
    "Xuzhou": "0516",
    "Changzhou": "0519",
    "Suzhou": "0512",
    "Nantong": "0513",
    "Lianyungang": "0518",
    "Huai'an": "0517",
    "Yancheng": "0515",
    "Yangzhou": "0514",
    "Zhenjiang": "0511",
    "Taizhou": "0523",
    "Suqian": "0527",
}
SAMPLE = 50
"""One number in this many is queried in the numbering plan, which is slow."""


@pytest.fixture(scope="module")
def jiangsu() -> Province:
    return build_province()


def where(e164: str) -> str:
    """Return the city of a number by the numbering library, in pinyin."""
    return geocoder.description_for_number(phonenumbers.parse(e164), "en").removesuffix(", Jiangsu")


def address(of: Province, address_id: str) -> Address:
    return next(each for each in of.addresses if each.id == address_id)


def splitter_of(of: Province, served: Address) -> Splitter:
    return next(each for each in of.splitters if each.id == served.splitter_id)


def test_the_province_has_its_13_cities_and_95_districts_and_counties() -> None:
    assert {city.pinyin: city.area_code for city in cities()} == AREA_CODES
    assert sum(len(city.districts) for city in cities()) == 95


def test_every_division_lies_in_the_one_whose_code_it_begins_with() -> None:
    for city in cities():
        for district in city.districts:
            assert district.code.startswith(city.code)
            assert district.towns
            assert all(len(town.code) == 3 for town in district.towns)


def test_the_committed_extract_carries_the_names_and_codes_of_its_script() -> None:
    for city in cities():
        assert city.area_code == division_codes.AREA_CODES[city.code]
        assert (city.pinyin, city.short) == (
            division_codes.pinyin(city.code),
            division_codes.short_code(city.code),
        )
        for district in city.districts:
            assert district.pinyin == division_codes.pinyin(district.code)
            assert district.short == division_codes.short_code(district.code)


def test_the_extract_stays_small() -> None:
    assert FILE.stat().st_size <= 60_000


def test_the_extract_leaves_out_what_only_the_statistics_know() -> None:
    def town(code: str) -> dict[str, str]:
        return {"code": code, "name": code, "areaCode": code[:6], "provinceCode": code[:2]}

    found = extract(
        cities=[{"code": "3203", "name": "徐州市", "provinceCode": "32"}],
        districts=[
            {"code": "320302", "name": "鼓楼区", "cityCode": "3203"},
            {"code": "320371", "name": "徐州经济技术开发区", "cityCode": "3203"},
        ],
        towns=[town("320302001"), town("320302400"), town("320371001"), town("330302001")],
    )

    (district,) = found["cities"][0]["districts"]
    assert (district["pinyin"], district["short"]) == ("Gulou", "GL")
    assert list(district["towns"]) == ["001"]


@pytest.mark.parametrize(("city", "area_code"), AREA_CODES.items())
def test_a_number_under_a_citys_area_code_rings_in_that_city(city: str, area_code: str) -> None:
    assert where(f"+86{area_code[1:]}80000000") == city.replace("'", "")


def test_every_number_is_a_valid_fixed_line_number_given_once(jiangsu: Province) -> None:
    segments = [list(segment.numbers()) for segment in jiangsu.segments]

    assert len({number for numbers in segments for number in numbers}) == 200_000
    assert all(
        phonenumbers.is_valid_number(PhoneNumber(86, int(number.removeprefix("+86"))))
        for numbers in segments
        for number in {*numbers[::SAMPLE], numbers[-1]}
    )


def test_every_segment_rings_in_the_city_of_its_exchange(jiangsu: Province) -> None:
    cities_by_exchange = {each.id: each.name.split()[0] for each in jiangsu.exchanges}

    for segment in jiangsu.segments:
        number = phonenumbers.parse(segment.first)
        assert phonenumbers.number_type(number) == PhoneNumberType.FIXED_LINE
        assert where(segment.first) == cities_by_exchange[segment.exchange_id].replace("'", "")
        assert segment.first.startswith(f"+86{segment.local_network[1:]}8")


@pytest.mark.parametrize("numbers", [0, 1, 12_345, 10_000, 100_000, 1_000_000, 28_000_000])
def test_any_amount_of_numbers_is_distributed_completely_and_without_overlap(numbers: int) -> None:
    segments = sorted(
        build_province(number_count=numbers, address_count=0).segments, key=lambda s: s.first
    )

    assert sum(segment.count for segment in segments) == numbers
    for one, following in pairwise(segments):
        if one.local_network == following.local_network:
            assert int(one.first) + one.count <= int(following.first)


def test_every_exchange_has_numbers_and_pairs(jiangsu: Province) -> None:
    everywhere = {exchange.id for exchange in jiangsu.exchanges}

    assert len(everywhere) == 95
    assert {segment.exchange_id for segment in jiangsu.segments} == everywhere
    assert {block.exchange_id for block in jiangsu.pair_blocks if block.count} == everywhere
    assert sum(block.count for block in jiangsu.pair_blocks) == 50_000


@pytest.mark.parametrize(
    "wrong", [{"number_count": 10**9}, {"number_count": -1}, {"address_count": 10**9}]
)
def test_more_than_the_province_holds_is_refused_with_what_it_holds(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="do not fit: the province"):
        build_province(**wrong)


def test_ids_are_unique(jiangsu: Province) -> None:
    for things in (jiangsu.exchanges, jiangsu.segments, jiangsu.addresses, jiangsu.splitters):
        assert max(Counter(thing.id for thing in things).values()) == 1
    assert len({each.text for each in jiangsu.addresses}) == len(jiangsu.addresses)


def test_an_address_is_served_by_a_splitter_of_its_own_exchange(jiangsu: Province) -> None:
    exchange_of = {splitter.id: splitter.exchange_id for splitter in jiangsu.splitters}
    served = [each for each in jiangsu.addresses if each.splitter_id]

    assert 0.9 < len(served) / len(jiangsu.addresses) < 1
    assert all(exchange_of[each.splitter_id or ""] == each.exchange_id for each in served)


def test_every_served_address_has_two_legs_or_more(jiangsu: Province) -> None:
    houses = Counter(each.splitter_id for each in jiangsu.addresses)

    assert {splitter.legs for splitter in jiangsu.splitters} == {8, 16, 32}
    assert all(splitter.legs >= 2 * houses[splitter.id] for splitter in jiangsu.splitters)


def test_a_pon_port_carries_no_more_legs_than_it_can(jiangsu: Province) -> None:
    legs: Counter[tuple[str, str]] = Counter()
    for splitter in jiangsu.splitters:
        legs[splitter.olt, splitter.pon_port] += splitter.legs

    assert max(legs.values()) <= LEGS_PER_PORT


@pytest.mark.parametrize("addresses", [6_000, 60_000])
def test_no_two_legs_of_an_exchange_share_their_vlans(addresses: int) -> None:
    vlans = Counter(
        (splitter.exchange_id, splitter.svlan, splitter.first_cvlan + leg)
        for splitter in build_province(address_count=addresses).splitters
        for leg in range(splitter.legs)
    )

    assert max(vlans.values()) == 1
    assert all(svlan <= LAST_SVLAN and cvlan <= LAST_SVLAN for _, svlan, cvlan in vlans)


@pytest.mark.parametrize("addresses", [0, 6_000, 60_000])
def test_one_named_address_has_no_free_port_and_another_no_fibre(addresses: int) -> None:
    built = build_province(address_count=addresses)

    full = splitter_of(built, address(built, NO_FREE_PORT))
    assert full.faulty_legs == full.legs
    assert [each.id for each in built.splitters if each.faulty_legs] == [full.id]
    assert address(built, UNSERVED).splitter_id is None
    assert not {NO_FREE_PORT, UNSERVED} & {each.id for each in built.orderable_addresses()}


def test_the_province_is_the_same_every_time(jiangsu: Province) -> None:
    assert build_province() == jiangsu
    assert jiangsu.exchanges[0].id == "NJ-XW"
    assert jiangsu.segments[0].first == "+862580000000"
    assert address(jiangsu, "addr-320102-002-0001").splitter_id == "NJ-XW-SP001"
