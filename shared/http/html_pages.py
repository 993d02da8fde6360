"""HTML pages for people who open the API in a browser: start page and list of operations.

They are self-contained: no script, nothing from another host.
"""

import base64
import hashlib
from functools import partial
from html import escape
from typing import Any

from fastapi import FastAPI, Response
from fastapi.responses import HTMLResponse

STYLE = "body{font:1rem/1.5 sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}\
table{border-collapse:collapse}td,th{text-align:left;padding:.2rem .8rem .2rem 0;\
vertical-align:top;border-bottom:1px solid #ccc}"
STYLE_DIGEST = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
CONTENT_SECURITY_POLICY = (
    f"default-src 'none'; style-src 'sha256-{STYLE_DIGEST}'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PAGE = """\
<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>{title}</title><style>{style}</style></head>
<body><h1>{title}</h1>
{body}
</body>
</html>
"""
START_PAGE = """\
{description}
<ul>
<li><a href="/docs">The operations</a>, as a page</li>
<li><a href="/openapi.json">The description</a> (OpenAPI), for programs</li>
<li><a href="/health/live">Live</a>, <a href="/health/ready">ready</a>,
<a href="/metrics">metrics</a></li>
</ul>"""
OPERATIONS_PAGE = """\
<p>Complete, with schemas and examples: <a href="/openapi.json">the description</a> (OpenAPI).</p>
<table>
<tr><th>Operation</th><th>What it does</th><th>Scope, one of</th></tr>
{rows}
</table>"""
ROW = "<tr><td><code>{verb} {path}</code></td><td>{summary}</td><td>{scopes}</td></tr>"


def add_html_pages(api: FastAPI) -> None:
    """Add the start page and the list of operations."""

    async def start() -> Response:
        """Show the start page."""
        return start_page(api)

    async def docs() -> Response:
        """List the operations."""
        return operations_page(api)

    add = partial(api.add_api_route, include_in_schema=False, response_class=HTMLResponse)
    add("/", start)
    add("/docs", docs)


def start_page(api: FastAPI) -> Response:
    """Return the page that describes the service, with links."""
    paragraphs = "\n".join(f"<p>{escape(each)}</p>" for each in api.description.split("\n\n"))
    return html_page(api.title, START_PAGE.format(description=paragraphs))


def operations_page(api: FastAPI) -> Response:
    """Return the page that lists the operations."""
    rows = [
        operation_row(verb, path, operation)
        for path, operations in api.openapi()["paths"].items()
        for verb, operation in operations.items()
    ]
    return html_page(f"{api.title}: operations", OPERATIONS_PAGE.format(rows="\n".join(rows)))


def operation_row(verb: str, path: str, operation: dict[str, Any]) -> str:
    """Return the table row of one operation."""
    description = operation.get("description") or operation["summary"]
    return ROW.format(
        verb=verb.upper(),
        path=escape(path),
        summary=escape(description.partition("\n")[0]),
        scopes=escape(", ".join(operation.get("x-scopes", ()))),
    )


def html_page(title: str, body: str) -> Response:
    """Return a page that may load no other resource."""
    text = PAGE.format(title=escape(title), style=STYLE, body=body)
    return HTMLResponse(text, headers={"content-security-policy": CONTENT_SECURITY_POLICY})
