"""`/docs/events`: the AsyncAPI document for people: one page without a script, which the browser can search."""

import json
import re
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

Document = Mapping[str, Any]

STYLE = """
:root { color-scheme: light dark; --edge: light-dark(#d5d9e2, #333a48); --soft: light-dark(#f5f6f9, #171b23);
  --ink: light-dark(#171b23, #e8eaf0); --mute: light-dark(#5b6475, #9aa3b5); --mark: light-dark(#2f4fd0, #9db2ff) }
* { box-sizing: border-box }
body { margin: 0 auto; padding: 2rem 1.25rem 6rem; max-width: 60rem; color: var(--ink);
  background: light-dark(#fff, #0e1116); font: 16px/1.55 system-ui, sans-serif }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .5rem }
h2 { font: 600 1.125rem/1.3 ui-monospace, monospace; margin: 0 }
p { margin: .25rem 0 } .mute { color: var(--mute) } a { color: var(--mark) }
nav ul { columns: 16rem; padding: 0; list-style: none } nav a { font: .9rem ui-monospace, monospace }
section { border-top: 1px solid var(--edge); padding: 1.5rem 0; scroll-margin-top: 1rem }
.scroll { overflow-x: auto } table { border-collapse: collapse; width: 100%; margin: .75rem 0; font-size: .9rem }
th, td { text-align: left; padding: .4rem .75rem .4rem 0; border-bottom: 1px solid var(--edge); vertical-align: top }
code, pre { font: .85rem/1.5 ui-monospace, monospace } summary { cursor: pointer; color: var(--mark) }
pre { background: var(--soft); padding: 1rem; border-radius: .5rem; overflow-x: auto }
"""


def events_page(document: Document) -> str:
    """The page of an AsyncAPI 3.0 document as `contracts.asyncapi` writes it. Every text is escaped."""
    channels = document["channels"]
    sections = "".join(_section(key, channel, document) for key, channel in channels.items())
    links = "".join(f'<li><a href="#{escape(c["address"])}">{escape(c["address"])}</a></li>' for c in channels.values())
    title = escape(document["info"]["title"])
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width">'
        f'<link rel="icon" href="/favicon.svg" type="image/svg+xml"><style>{STYLE}</style></head><body><header>'
        f"<h1>{title}</h1><p>{_prose(document['info']['description'])}</p>"
        '<p class="mute">The same for machines: <a href="/asyncapi.json">AsyncAPI 3.0</a>. '
        'The HTTP API: <a href="/docs">reference</a>.</p></header>'
        f'<nav aria-label="Events"><ul>{links}</ul></nav><main>{sections}</main></body></html>'
    )


def _prose(text: str) -> str:
    """Escaped; what stands between backticks is code, as in the models' docstrings."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def _section(key: str, channel: Document, document: Document) -> str:
    operations = [
        (name, operation)
        for name, operation in document["operations"].items()
        if operation["channel"]["$ref"] == f"#/channels/{key}" and operation["action"] == "receive"
    ]
    names = [reference["$ref"].rpartition("/")[2] for reference in channel["messages"].values()]
    messages = "".join(_message(document["components"]["messages"][name]) for name in names)
    return (
        f'<section id="{escape(channel["address"])}"><h2>{escape(channel["address"])}</h2>'
        f'<p class="mute">{_prose(channel["description"])} {_readers(operations, key)}</p>{messages}</section>'
    )


def _readers(operations: Iterable[tuple[str, Document]], key: str) -> str:
    said = [
        f"<strong>{escape(name.removesuffix(f'_reads_{key}'))}</strong>: {escape(operation['summary'])}"
        for name, operation in operations
    ]
    return " ".join(said) or "Nobody listens yet."


def _message(message: Document) -> str:
    data = message["payload"]["properties"]["data"]
    required = set(data.get("required", ()))
    fields = "".join(_field(name, schema, name in required) for name, schema in data["properties"].items())
    example = escape(json.dumps(message["examples"][0]["payload"], indent=2, ensure_ascii=False))
    return (
        f"<p>{_prose(message['summary'])}</p>"
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(message["title"])}">'
        f"<table><thead><tr><th>{escape(message['title'])}</th><th>type</th><th>always there</th></tr></thead>"
        f"<tbody>{fields}</tbody></table></div>"
        f'<details><summary>A whole message</summary><pre tabindex="0">{example}</pre></details>'
    )


def _field(name: str, schema: Document, required: bool) -> str:
    cells = (f"<code>{escape(name)}</code>", escape(_type(schema)), "yes" if required else "no")
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _type(schema: Document) -> str:
    """A schema in a few words."""
    if "anyOf" in schema:
        return " or ".join(_type(part) for part in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    if "properties" in schema:
        return "{" + ", ".join(schema["properties"]) + "}"
    return str(schema.get("format") or schema.get("const") or schema.get("type") or "any")
