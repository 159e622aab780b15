"""A person in front of the console: does what a person does, by the words on the page, and nothing else."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self
from uuid import uuid4

from playwright.async_api import BrowserContext, ConsoleMessage, Locator, Page, expect

from tests.integration.person import Mailbox

PASSWORD = "a long walk to the sea 1815"
# The browser itself logs every answer from 400 up; which answers are right is what each test says.
REFUSED = "Failed to load resource"
# A socket opened in the very moment in which its token is revoked is refused; the page comes back with a new one.
REFUSED_SOCKET = "HTTP Authentication failed"


@dataclass
class Visitor:
    """One person, one private window. `complaints` collects what a page may never do."""

    name: str
    email: str
    context: BrowserContext
    page: Page
    mailbox: Mailbox
    complaints: list[str] = field(default_factory=list)

    @classmethod
    async def called(cls, name: str, context: BrowserContext, mailbox: Callable[[str], Mailbox]) -> Self:
        """A new person with an address nobody has used."""
        email = f"{name.split(maxsplit=1)[0].lower()}-{uuid4().hex[:10]}@example.com"
        page = await context.new_page()
        person = cls(name, email, context, page, mailbox(email))
        person.watch(page)
        return person

    def watch(self, page: Page) -> None:
        """Collect this page's complaints too."""
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        page.on("console", lambda message: self._note(page, message))

    def _note(self, page: Page, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not any(
            known in message.text for known in (REFUSED, REFUSED_SOCKET)
        ):
            self.complaints.append(f"{page.url}: {message.text}")

    @property
    def first_name(self) -> str:
        return self.name.split()[0]

    async def sign_up(self, organization: str) -> Self:
        """A new account with an organization of its own; ends on the home page."""
        await self.page.goto("/signup")
        await self.page.get_by_label("Organization").fill(organization)
        await self.page.get_by_label("E-mail").fill(self.email)
        await self.fill_account()
        await self.press("Create account")
        await self.at_home()
        return self

    async def fill_account(self) -> None:
        """Name and password, as sign-up and invitation ask for them."""
        await self.page.get_by_label("Your name").fill(self.name)
        await self.page.get_by_label("Password", exact=True).fill(PASSWORD)

    async def sign_in(self, password: str = PASSWORD) -> None:
        """Fill and send the login form of the page that is open."""
        await self.page.get_by_label("E-mail").fill(self.email)
        await self.page.get_by_label("Password", exact=True).fill(password)
        await self.press("Sign in")

    async def sign_out(self) -> None:
        await self.press(re.compile("^Your account"))
        await self.press("Sign out")

    async def invite(self, email: str, role: str = "Member") -> None:
        """From wherever: go to the members page and invite."""
        await self.go("Members")
        await self.press("Invite somebody")
        dialog = self.page.get_by_role("dialog")
        await dialog.get_by_label("E-mail").fill(email)
        await dialog.get_by_label(role, exact=True).check()
        await dialog.get_by_role("button", name="Send invitation").click()
        await expect(dialog).to_be_hidden()

    async def invitation_link(self, after: int = 0) -> str:
        """The link in the first invitation mail after the given id."""
        return await self.mailed_link("/invitations/accept", after)

    async def mailed_link(self, path: str, after: int = 0) -> str:
        """The link to a page of ours in the first mail after the given id that has one; waits for it."""
        while True:
            mail = await self.mailbox.next(after)
            found = re.search(rf"https?://\S+{path}#token=\S+", mail["text"])
            if found:
                return found.group()
            after = mail["id"]

    async def join(self, organization: str) -> None:
        """Open the mailed link as a new person and register with it."""
        await self.page.goto(await self.invitation_link())
        await expect(self.page.get_by_role("heading", name=f"Join {organization}")).to_be_visible()
        await self.fill_account()
        await self.press(f"Join {organization}")
        await self.at_home()

    async def go(self, place: str) -> None:
        """Through the main navigation."""
        await self.page.get_by_role("navigation", name="Main").get_by_role("link", name=place).click()
        await expect(self.page.get_by_role("heading", level=1)).to_have_text(place)

    async def press(self, name: str | re.Pattern[str]) -> None:
        exact = isinstance(name, str)
        await self.page.get_by_role("button", name=name, exact=exact).click()

    async def at_home(self) -> None:
        await expect(self.page.get_by_role("heading", level=1)).to_contain_text(self.first_name)

    async def live(self) -> None:
        """Wait until the page hears of what happens."""
        await expect(self.page.locator("[data-live]")).to_have_attribute("data-live", "live")

    @property
    def bell(self) -> Locator:
        return self.page.get_by_role("button", name=re.compile("^Alerts,"))

    def toast(self, text: str) -> Locator:
        """A message at the edge of the page."""
        return self.page.get_by_role("status").get_by_role("listitem").filter(has_text=text)

    def member(self, name: str) -> Locator:
        """Somebody's row on the members page."""
        return self.page.get_by_role("region", name="Team").get_by_role("listitem").filter(has_text=name)

    def invitation(self, email: str) -> Locator:
        """A pending invitation's row on the members page."""
        rows = self.page.get_by_role("region", name="Pending invitations").get_by_role("listitem")
        return rows.filter(has_text=email)
