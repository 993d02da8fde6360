"""What every HTTP API of ours has: a guarded edge, problem+json, paging, health.

Services use `Router`, `ToRead`, `ToDesk`, `RequestCause`, `ToSettings`, `Page`, `paged`, `Fields`,
`show`, `show_all`, `link`, `header` and `refusals`; the kernel's run.py uses `make_api`,
`open_port` and `listen`.
"""

from shared.http.frame import make_api
from shared.http.header import header
from shared.http.listen import PortError, listen, open_port
from shared.http.needs import RequestCause, ToDesk, ToRead, ToSettings
from shared.http.paging import Fields, Page, paged, show, show_all
from shared.http.paths import link
from shared.http.refusals import refusals
from shared.http.router import Router

__all__ = [
    "Fields",
    "Page",
    "PortError",
    "RequestCause",
    "Router",
    "ToDesk",
    "ToRead",
    "ToSettings",
    "header",
    "link",
    "listen",
    "make_api",
    "open_port",
    "paged",
    "refusals",
    "show",
    "show_all",
]
