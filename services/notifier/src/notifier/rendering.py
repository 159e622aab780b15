"""Words: Jinja2 templates in a sandbox. What people typed is only ever a value, never a template."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined, select_autoescape
from jinja2.sandbox import ImmutableSandboxedEnvironment

from notifier.domain import language_of, one_line

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Words:
    """A rendered notification: one line, and a sentence or two."""

    title: str
    body: str


@dataclass(frozen=True)
class MailText:
    """A rendered mail, before it becomes a message."""

    subject: str
    text: str
    html: str


class Renderer:
    """Renders the templates of every language we have. HTML is escaped, plain text is not, an unknown name fails."""

    def __init__(self, templates: Path = TEMPLATES) -> None:
        self._languages = frozenset(folder.name for folder in templates.iterdir() if folder.is_dir())
        self._environment = ImmutableSandboxedEnvironment(
            loader=FileSystemLoader(templates),
            autoescape=select_autoescape(enabled_extensions=("html",), default_for_string=True, default=False),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def in_app(self, template: str, locale: str, **values: Any) -> Words:
        """The first line of the template is the title, the rest the body."""
        title, _, body = self._render(f"in_app/{template}.txt", locale, values).partition("\n")
        return Words(one_line(title), one_line(body, longest=500))

    def mail(self, template: str, locale: str, **values: Any) -> MailText:
        """Subject, text part and HTML part; strings lose their control characters first."""
        clean = {name: one_line(value, 2000) if isinstance(value, str) else value for name, value in values.items()}
        subject = one_line(self._render(f"mail/{template}.subject.txt", locale, clean))
        clean |= {"subject": subject, "language": language_of(locale, self._languages)}
        return MailText(
            subject,
            self._render(f"mail/{template}.txt", locale, clean),
            self._render(f"mail/{template}.html", locale, clean),
        )

    def _render(self, name: str, locale: str, values: dict[str, Any]) -> str:
        folder = language_of(locale, self._languages)
        return self._environment.get_template(f"{folder}/{name}").render(values)
