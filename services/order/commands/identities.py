"""Rules and secrets for identities; identities are blocked, and blocks lifted."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from uuid import UUID

import msgspec
from sqlalchemy.orm import Session

from services.order import store
from services.order.domain.identity.block import IdentityBlock
from services.order.domain.identity.identity_key import identity_key, tenant_secret
from services.order.domain.identity.rules import (
    SHIPPED_RULES,
    InstallationRules,
    RealNameRules,
    parse_rules,
)
from services.order.settings import OrderSettings
from shared.access.access_rule import require_visible
from shared.errors import Fault, InvalidError, StartError, UnavailableError
from shared.input.identity_numbers import is_invalid_identity_number
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
        return parse_rules(path.read_bytes())
    except OSError as error:
        msg = f"KAITONG_REAL_NAME_RULES: {path} cannot be read ({error.strerror}): name a file"
        raise StartError(msg) from error
    except (ValueError, msgspec.MsgspecError) as error:
        lines = (f"KAITONG_REAL_NAME_RULES: {path}: {line}" for line in str(error).splitlines())
        raise StartError("\n".join(lines)) from error


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


@dataclass(frozen=True, slots=True)
class BlockedDocument:
    """An identity to block, without the number of its document."""

    identity: str
    document_type: str


def blocked_document(
    tenant: str, person_key: str, document_type: str, document_number: str
) -> BlockedDocument:
    """Return the identity that a document proves.

    Raises:
        InvalidError: if the type is unknown, or the number does not fit it.
        UnavailableError: if the installation has no secret.
    """
    rules = rules_of(tenant)
    type_ = rules.document_type_of(document_type)
    if not type_:
        reason = "identities are not checked by this type of document"
        remedy = f"use one of: {', '.join(rules.document_types)}"
        raise InvalidError([Fault("/documentType", "identity-document-unknown", reason, remedy)])
    if is_invalid_identity_number(type_, document_number):
        reason = "the number does not fit this documentType: wrong form or check digit"
        remedy = "copy it from the document again, or name another documentType"
        raise InvalidError([Fault("/documentNumber", "identity-number-false", reason, remedy)])
    secret = secret_of(tenant, person_key)
    return BlockedDocument(identity_key(secret, type_, document_number), type_)


def block_identity(
    document: BlockedDocument,
    reason: str,
    since: datetime | None,
    until: datetime | None,
    work: UnitOfWork,
) -> IdentityBlock:
    """Block an identity, or change its block.

    Raises:
        InvalidError: if the block would end before it begins.
    """
    begins = since or work.now
    if until and until <= begins:
        fault = "the block would end before it begins", "give a later date-time, or leave it out"
        raise InvalidError([Fault("/until", "until-before-since", *fault)])
    known = store.identities.get(work.session, (work.tenant, document.identity)).block
    block = IdentityBlock(
        known.id if known else work.cause.id,
        work.tenant,
        document.identity,
        document.document_type,
        reason,
        begins,
        until,
        work.cause.actor,
    )
    store.identities.put_block(work.session, block)
    was = "blocked" if known else ""
    work.record_change(HISTORY_KIND, block.id, was, "blocked", reason=reason)
    work.audit("identity.block", str(block.id), reason=reason)
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
