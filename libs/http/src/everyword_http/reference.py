"""The reference page at /docs, made of the OpenAPI document: no scripts, nothing from outside."""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any, Final

PAGE_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
_STYLE: Final = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; overflow-wrap: anywhere }
code { font-family: ui-monospace, monospace; overflow-wrap: anywhere }
section { border-top: 1px solid color-mix(in srgb, currentColor 25%, transparent) }
table { border-collapse: collapse; width: 100%; display: block; overflow-x: auto }
th, td { text-align: left; vertical-align: top; padding: .2rem .8rem .2rem 0;
  overflow-wrap: anywhere; min-width: 3rem }
pre { overflow-x: auto }
a { color: light-dark(#0b57d0, #a8c7fa) }
a:visited { color: light-dark(#6b3fa0, #d0bcff) }
nav ul { columns: 20rem; column-gap: 2.5rem; padding-left: 1.25rem }
"""
_REF: Final = "#/components/schemas/"
Json = Mapping[str, Any]


def reference_page(document: Json) -> str:
    """Return the page for an OpenAPI document."""
    about = document["info"]
    operations = list(_operations(document))
    contents = "".join(
        f'<li><a href="#{_anchor(method, path)}"><code>{method.upper()} {escape(path)}</code></a>'
        for method, path, _ in operations
    )
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8>",
        "<meta name=viewport content='width=device-width'>",
        f"<title>{escape(about['title'])} API</title><style>{_STYLE}</style>",
        f"<h1>{escape(about['title'])} API {escape(about['version'])}</h1>",
        "<p><a href='/'>The archive</a>. <a href='/v1/openapi.json'>As OpenAPI 3.1</a>.</p>",
        f"<nav><ul>{contents}</ul></nav>",
        *(_operation(*each) for each in operations),
        "<h2>Schemas</h2>",
        *(_schema(name, each) for name, each in _schemas(document).items()),
    ]
    return "\n".join(parts)


def _operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    for path, methods in sorted(document["paths"].items()):
        for method, operation in methods.items():
            yield method, path, operation


def _schemas(document: Json) -> Json:
    found: Json = document.get("components", {}).get("schemas", {})
    return found


def _operation(method: str, path: str, operation: Json) -> str:
    rows = [
        (parameter["name"], parameter["in"], _type(parameter.get("schema", {})),
         parameter.get("description", ""))
        for parameter in operation.get("parameters", ())
    ]  # fmt: skip
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        rows.append(("body", kind, _type(content.get("schema", {})), ""))
    for status, response in operation.get("responses", {}).items():
        kinds = response.get("content", {}).items()
        shown = ", ".join(_type(content.get("schema", {})) for _, content in kinds)
        rows.append((f"→ {status}", "", shown, response.get("description", "")))
    lines = "".join(
        f"<tr><td><code>{escape(name)}</code><td>{escape(where)}<td>{kind}<td>{escape(said)}"
        for name, where, kind, said in rows
    )
    return (
        f'<section id="{_anchor(method, path)}"><h2><code>{method.upper()} {escape(path)}</code>'
        f"</h2><p>{escape(operation.get('summary', ''))}. "
        f"{escape(operation.get('description', ''))}</p><table>{lines}</table></section>"
    )


def _schema(name: str, schema: Json) -> str:
    needed = schema.get("required", ())
    lines = "".join(
        f"<tr><td><code>{escape(key)}</code><td>{'' if key in needed else 'optional'}"
        f"<td>{_type(value)}<td>{escape(value.get('description', ''))}"
        for key, value in schema.get("properties", {}).items()
    )
    return (
        f'<section id="{escape(name)}"><h3>{escape(name)}</h3>'
        f"<p>{escape(schema.get('description', ''))}</p><table>{lines}</table></section>"
    )


def _type(schema: Json) -> str:
    """Say a schema's type, with a link where it has a name."""
    if "$ref" in schema:
        name = escape(schema["$ref"].removeprefix(_REF))
        return f'<a href="#{name}">{name}</a>'
    if "anyOf" in schema:
        return " or ".join(_type(each) for each in schema["anyOf"])
    if "enum" in schema:
        return ", ".join(f"<code>{escape(str(value))}</code>" for value in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    return escape(str(schema.get("format") or schema.get("const") or schema.get("type", "any")))


def _anchor(method: str, path: str) -> str:
    return escape(f"{method}{path}".replace("/", "-").replace("{", "").replace("}", ""))
