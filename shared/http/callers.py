"""Callers that endpoints of more than one service admit, by their scopes."""

from typing import Annotated, TypeAlias

from shared.http.authorization import allow
from shared.security.caller import Caller

Viewer: TypeAlias = Annotated[Caller, allow("viewer:read")]
"""Staff who see everything of the tenant."""

NetworkViewer: TypeAlias = Annotated[Caller, allow("viewer:read", "network:read")]
"""Staff who see the network and the work on it; of customers some see only the ids."""

StateViewer: TypeAlias = Annotated[Caller, allow("viewer:read", "network:read", "analyst:read")]
"""Staff who see states and counts, which contain no customer data."""

NetworkWriter: TypeAlias = Annotated[Caller, allow("ops:import", "network:write")]
"""Staff who import and withdraw plant, and publish blueprints."""

FalloutOperator: TypeAlias = Annotated[Caller, allow("ops:fallout")]
"""Staff who decide about fallout and what it left."""
