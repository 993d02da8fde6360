"""A pool kind: ports of access gateways (AG), a range of them at each exchange."""

from tests.additions.edits import Addition, append_blueprint, insert_after, insert_before, replace

KIND = """\
AGP = PoolKind(name="agp", life_cycle=POOL_ITEM_LIFE_CYCLE, served_from=ServedFrom.EXCHANGE)
"""
IMPORT = '''\
def import_agps(parsed: ParsedRows[PairBlock], work: UnitOfWork) -> ImportCounts:
    """Create ports of access gateways at exchanges; existing ports stay unchanged."""
    return import_blocks(AGP, parsed, work)


'''
PROVINCE = '''

def agp_blocks(exchanges: Sequence[Exchange]) -> Iterator[PairBlock]:
    """Yield a block of ports of access gateways for each exchange."""
    return (PairBlock(each.id, first=1, count=PORTS_PER_GATEWAY) for each in exchanges)
'''
PATHS = "{exchanges|segments|splitters|addresses|pairs}"
MORE_PATHS = "{exchanges|segments|splitters|addresses|pairs|agps}"
LAST_PATH = "/ops/v1/import/pairs."
MORE_LAST_PATHS = "/ops/v1/import/pairs, /ops/v1/import/agps."
AS_PAIRS = "its import is one of blocks, as that of pairs"
SAME_LIFE = "its life cycle is that of all pool items"

AGP = Addition(
    name="pool kind agp",
    section="A pool kind",
    edits=(
        insert_after(
            "services/resources/domain/pool/kinds.py", 'LOID = PoolKind(name="loid"', KIND
        ),
        replace(
            "services/resources/domain/pool/kinds.py",
            "(NUMBER, LEG, VLAN, LOID, PAIR)",
            "(NUMBER, LEG, VLAN, LOID, PAIR, AGP)",
        ),
        replace(
            "services/resources/commands/imports.py",
            "pool.kinds import NUMBER, PAIR, PoolKind",
            "pool.kinds import AGP, NUMBER, PAIR, PoolKind",
        ),
        insert_before("services/resources/commands/imports.py", "def import_blocks(", IMPORT),
        insert_after(
            "services/resources/api/routes/imports.py",
            "    import_addresses,",
            "    import_agps,",
        ),
        insert_after(
            "services/resources/api/routes/imports.py",
            'add_import_route("pairs"',
            'add_import_route("agps", examples.AGPS, 128, import_agps)',
        ),
        insert_after(
            "services/resources/api/examples/imports.py",
            "PAIRS = PairBlock(",
            'AGPS = PairBlock(exchange_id="NJ-XW", first=1, count=128)',
        ),
        replace("services/resources/__init__.py", LAST_PATH, MORE_LAST_PATHS),
        insert_after(
            "tests/access/table.py",
            'f"POST {IMPORT}/pairs"',
            '        f"POST {IMPORT}/agps": RouteAccess(IMPORTERS, NEW),',
        ),
        append_blueprint(
            "services/provisioning/data/blueprints.json",
            "voice/new",
            need={"kind": "agp"},
            step="subscriber",
            parameter={"name": "port", "value": "$agp.value"},
        ),
        insert_before("tools/province/plant.py", "FIRST_CVLAN = 101", "PORTS_PER_GATEWAY = 64"),
        insert_after(
            "tools/province/plant.py",
            "        yield PairBlock(exchange.id, first=1, count=after - before)",
            PROVINCE,
        ),
        replace(
            "tools/province/build.py",
            "plant import assign_splitters, pair_blocks",
            "plant import agp_blocks, assign_splitters, pair_blocks",
        ),
        insert_after(
            "tools/province/build.py",
            "    pair_blocks: tuple[PairBlock, ...]",
            "    agp_blocks: tuple[PairBlock, ...]",
        ),
        insert_after(
            "tools/province/build.py",
            "        pair_blocks=tuple(",
            "        agp_blocks=tuple(agp_blocks(exchanges)),",
        ),
        insert_after(
            "tools/demo/province_import.py",
            '        "pairs": [',
            '        "agps": [each for each in province.agp_blocks if each.exchange_id in ids],',
        ),
        insert_after(
            "docs/flows/assignment.md",
            "| `pair` | the exchange's distribution frame",
            "| `agp` | the exchange's access gateways | blocks of ports | `NJ-XW/0000001` |",
        ),
        replace("docs/flows/assignment.md", PATHS, MORE_PATHS),
        insert_after(
            "docs/glossary.md",
            "| 线对 | pair |",
            "| 接入网关端口 | gateway port | `agp` | a port of an access gateway (AG) |",
        ),
    ),
    not_needed={
        "services/resources/domain/plant/plant.py": AS_PAIRS,
        "services/resources/domain/plant/import_validation.py": AS_PAIRS,
        "services/resources/domain/plant/spelling.py": AS_PAIRS,
        "services/resources/store/plant.py": AS_PAIRS,
        "services/resources/tables.py": "its values are unique within their pool",
        "services/resources/migrations/versions": "its values are unique within their pool",
        "services/resources/domain/pool/states.py": SAME_LIFE,
        "tools/verify/transitions.py": SAME_LIFE,
        "tools/verify/resource_kinds.py": "its values identify no customer",
    },
    incomplete={
        "docs/flows/assignment.md": "tests/resources/test_pool_kinds.py"
        "::test_every_kind_is_in_the_documentation",
        "tests/access/table.py": "tests/access/test_matrix.py::test_every_route_has_its_row",
    },
)
