"""The HTTP API framework of all services: request checks, problem+json, paging, health.

Services use `Router`, the dependencies `ReadSessionDep`, `CommandBatcherDep`, `CausationDep`,
`SettingsDep`, `PageDep` and `FieldsDep`, and the responses `paginate`, `view_response`,
`list_response`, `href_of`, `header` and `error_responses`; `shared/runtime/run.py` uses
`create_app`, `open_port` and `serve_http`. Base classes of bodies are in `views.py` and
`schemas.py`, common callers in `callers.py`, paths that services link to in `collection_paths.py`.
"""

from shared.http.app_factory import create_app
from shared.http.dependencies import CausationDep, CommandBatcherDep, ReadSessionDep, SettingsDep
from shared.http.header import header
from shared.http.openapi_error_responses import error_responses
from shared.http.paging import FieldsDep, PageDep, list_response, paginate, view_response
from shared.http.path_encoding import href_of
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
