"""Rules and secrets for identities; identities are blocked, and blocks lifted."""

from functools import cache
from pathlib import Path
from uuid import UUID

import msgspec
from sqlalchemy.orm import Session

from services.order import store
from services.order.domain.identity.block import (
    IdentityBlock,
    RequestedBlock,
    identity_to_block,
)
from services.order.domain.identity.identity_key import tenant_secret
from services.order.domain.identity.rules import (
    SHIPPED_RULES,
    InstallationRules,
    RealNameRules,
    parse_rules,
)
from services.order.settings import OrderSettings
from shared.access.access_rule import require_visible
from shared.errors import InvalidError, StartError, UnavailableError
from shared.input.json_text import read_json
from shared.messaging.unit_of_work import UnitOfWork

HISTORY_KIND = "identity-block"


@cache
def installation_rules() -> InstallationRules:
    """Return the rules for real-name checks: those of the settings, or the shipped ones.

    Raises:
        StartError: if they cannot be read, or have faults.
    """
    path = OrderSettings.read().real_name_rules
    return read_rules(path) if path else SHIPPED_RULES


def check_rules(session: Session) -> None:
    """Check the rules for real-name checks before the process serves requests.

    Raises:
        StartError: if they cannot be read, or have faults.
    """
    del session
    installation_rules()


def read_rules(path: Path) -> InstallationRules:
    """Return the rules in a file.

    Raises:
        StartError: if it cannot be read, or has faults; a line for each.
    """
    try:
        return parse_rules(read_json(path.read_bytes()))
    except OSError as error:
        msg = f"KAITONG_REAL_NAME_RULES: {path} cannot be read ({error.strerror}): name a file"
        raise StartError(msg) from error
    except InvalidError as error:
        lines = [f"{each.field} {each.reason}: {each.remedy}".strip() for each in error.faults]
    except (ValueError, msgspec.ValidationError) as error:
        lines = str(error).splitlines()
    raise StartError("\n".join(f"KAITONG_REAL_NAME_RULES: {path}: {each}" for each in lines))


def rules_of(tenant: str) -> RealNameRules:
    """Return the rules of a tenant."""
    return installation_rules().of_tenant(tenant)


def secret_of(tenant: str, person_key: str) -> bytes:
    """Return the secret for the identities of a tenant.

    Raises:
        UnavailableError: if the installation has no secret.
    """
    if not person_key:
        msg = "there is no key to store identities with: set KAITONG_PERSON_KEY and start again"
        raise UnavailableError(msg)
    return tenant_secret(person_key.encode(), tenant)


def block_identity(requested: RequestedBlock, secret: bytes, work: UnitOfWork) -> IdentityBlock:
    """Block an identity, or change its block, which keeps its id.

    Raises:
        InvalidError: if the block has faults.
    """
    rules = rules_of(work.tenant)
    identity = identity_to_block(requested, secret, rules, work.now)
    known = store.identities.get(work.session, (work.tenant, identity)).block
    block = IdentityBlock(
        id=known.id if known else work.cause.id,
        tenant=work.tenant,
        identity=identity,
        document_type=rules.document_type_of(requested.document_type),
        reason=requested.reason,
        since=requested.since or work.now,
        until=requested.until,
        blocked_by=work.cause.actor,
    )
    store.identities.put_block(work.session, block)
    was = "blocked" if known else ""
    work.record_change(HISTORY_KIND, block.id, was, "blocked", reason=block.reason)
    work.audit("identity.block", str(block.id), reason=block.reason)
    return block


def lift_block(id_: UUID, work: UnitOfWork) -> None:
    """Lift the block of an identity.

    Raises:
        NotVisibleError: if there is none.
    """
    found = store.identities.find_block_for_update(work.session, work.tenant, id_)
    block = require_visible(found, kind="blocked identity", id_=id_)
    store.identities.remove_block(work.session, block)
    work.record_change(HISTORY_KIND, block.id, "blocked", "lifted", reason=block.reason)
    work.audit("identity.lift-block", str(block.id), reason=block.reason)
