"""What every HTTP API of ours has: a guarded edge, problem+json, paging, health.

Services use `Router`, `ToRead`, `ToDesk`, `RequestCause`, `ToSettings`, `Page`, `paged`, `Fields`,
`show`, `show_all`, `link`, `header` and `refusals`; the kernel's run.py uses `make_api`,
`open_port` and `listen`.
"""

from shared.http.app_factory import create_app
from shared.http.dependencies import CausationDep, CommandBatcherDep, ReadSessionDep, SettingsDep
from shared.http.error_responses import error_responses
from shared.http.header import header
from shared.http.paging import FieldsDep, PageDep, list_response, paginate, view_response
from shared.http.paths import href_of
from shared.http.router import Router
from shared.http.server import PortError, open_port, serve_http

__all__ = [
    "CausationDep",
    "CommandBatcherDep",
    "FieldsDep",
    "PageDep",
    "PortError",
    "ReadSessionDep",
    "Router",
    "SettingsDep",
    "create_app",
    "error_responses",
    "header",
    "href_of",
    "list_response",
    "open_port",
    "paginate",
    "serve_http",
    "view_response",
]
