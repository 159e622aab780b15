"""Pages, reference and health."""

import json
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from openapi_spec_validator import validate

from gateway.pages import Pages

from .parts import Gateway, Teams, document, operation

HTML = {"Accept": "text/html,application/xhtml+xml"}
StartGateway = Callable[..., Awaitable[Gateway]]


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("dist")
    assets = root / "customer" / "assets"
    assets.mkdir(parents=True)
    (root / "customer" / "index.html").write_text("<!doctype html><title>console</title>")
    (root / "customer" / "favicon.svg").write_text("<svg/>")
    (assets / "app-1a2b.js").write_text("export {};" * 100)
    (assets / "app-1a2b.js.br").write_bytes(b"brotli")
    (assets / "app-1a2b.js.gz").write_bytes(b"gzip")
    (root / "admin").mkdir()
    (root / "admin" / "index.html").write_text("<!doctype html><title>operations</title>")
    (root / "admin" / "admin.js").write_text("2")
    (root / "docs").mkdir()
    (root / "docs" / "index.html").write_text("<!doctype html><title>reference</title>")
    (root / "docs" / "viewer.js").write_text("1")
    (root / "secret.txt").write_text("outside")
    (root / "customer" / "link.txt").symlink_to(root / "secret.txt")
    return root


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def gateway(start_gateway: StartGateway, teams: Teams, build: Path) -> Gateway:
    services: dict[str, Any] = {
        "teams": (teams.url, document({"/v1/me": {"get": operation(token=True)}, "/.well-known/jwks.json": {
            "get": operation()}})),
        "admin": ("http://127.0.0.1:1", document({"/admin/v1/things": {"get": operation(token=True)}})),
        "notifier": ("http://127.0.0.1:1", document({"/v1/notifications": {"get": operation(token=True)}})),
    }  # fmt: skip
    return await start_gateway(services, web_directory=build)


class TestConsole:
    @pytest.mark.parametrize("path", ["/", "/members", "/invitations/accept", "/a/b/c", "/index.html"])
    async def test_a_navigation_gets_the_application(self, gateway: Gateway, path: str) -> None:
        answer = await gateway.get(path, headers=HTML)
        assert (answer.status, answer.body) == (200, b"<!doctype html><title>console</title>")
        assert answer.headers["Cache-Control"] == "no-cache"
        assert answer.headers["Content-Type"].startswith("text/html")
        assert "script-src 'self';" in answer.headers["Content-Security-Policy"]

    async def test_assets_are_kept_for_ever(self, gateway: Gateway) -> None:
        answer = await gateway.get("/assets/app-1a2b.js", headers={"Accept-Encoding": "identity"})
        assert answer.body.startswith(b"export")
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert "javascript" in answer.headers["Content-Type"]

    async def test_a_compressed_sibling_is_preferred(self, gateway: Gateway) -> None:
        head = b"GET /assets/app-1a2b.js HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip, br\r\nConnection: close\r\n\r\n"
        answer = await gateway.raw(head)
        assert b"Content-Encoding: br" in answer
        assert b"javascript" in answer
        assert b"Accept-Encoding" in answer.partition(b"Vary: ")[2].partition(b"\r\n")[0]
        assert answer.endswith(b"brotli")

    async def test_what_the_client_has_is_not_sent_again(self, gateway: Gateway) -> None:
        tag = (await gateway.get("/favicon.svg")).headers["ETag"]
        answer = await gateway.get("/favicon.svg", headers={"If-None-Match": tag})
        assert (answer.status, answer.body) == (304, b"")

    @pytest.mark.parametrize("path", ["/assets/gone.js", "/v1/nothing", "/admin/v1/x", "/internal/x", "/webhooks/x",
                                      "/.well-known/x", "/link.txt", "/" + "x" * 300])  # fmt: skip
    async def test_what_is_no_page_is_not_found(self, gateway: Gateway, path: str) -> None:
        headers = {"Accept": "*/*"} if path == "/link.txt" or len(path) > 300 else HTML
        answer = await gateway.get(path, headers=headers)
        assert (answer.status, answer.code) == (404, "not_found")

    async def test_a_program_asking_for_a_page_that_is_none(self, gateway: Gateway) -> None:
        assert (await gateway.get("/members", headers={"Accept": "application/json"})).status == 404

    async def test_pages_are_read_only(self, gateway: Gateway) -> None:
        answer = await gateway.ask("POST", "/members", data=b"x")
        assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")

    async def test_without_a_build_the_page_says_what_to_run(self, start_gateway: StartGateway, teams: Teams) -> None:
        gateway = await start_gateway({"teams": (teams.url, document({}))})
        answer = await gateway.get("/", headers=HTML)
        assert answer.status == 503
        assert b"make up" in answer.body
        assert answer.headers["Retry-After"] == "5"

    async def test_a_new_build_shows_without_a_restart(self, build: Path, tmp_path: Path) -> None:
        pages = Pages(tmp_path / "customer", own_paths=True)
        assert pages.answer("/", "text/html").status == 503
        shutil.copytree(build / "customer", tmp_path / "customer", symlinks=True)
        assert pages.answer("/", "text/html").status == 200


class TestAdminConsole:
    @pytest.mark.parametrize("path", ["/admin", "/admin/", "/admin/customers", "/admin/login"])
    async def test_the_operations_platform_is_an_application_of_its_own(self, gateway: Gateway, path: str) -> None:
        answer = await gateway.get(path, headers=HTML)
        assert (answer.status, answer.body) == (200, b"<!doctype html><title>operations</title>")
        assert "script-src 'self';" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Content-Security-Policy"].endswith("style-src 'self'")

    async def test_its_files_are_not_the_customers(self, gateway: Gateway) -> None:
        assert (await gateway.get("/admin/admin.js")).body == b"2"
        assert (await gateway.get("/admin.js", headers={"Accept": "*/*"})).status == 404
        assert (await gateway.get("/admin/favicon.svg", headers={"Accept": "*/*"})).status == 404

    async def test_its_reference_is_a_page_of_its_own(self, gateway: Gateway) -> None:
        for path in ("/admin/docs", "/admin/docs/"):
            assert (await gateway.get(path, headers=HTML)).body == b"<!doctype html><title>reference</title>"
        answer = await gateway.get("/admin/openapi.json")
        validate(answer.json)
        assert answer.json["paths"].keys() == {"/admin/v1/things"}


class TestReference:
    async def test_the_reference_page(self, gateway: Gateway) -> None:
        for path in ("/docs", "/docs/"):
            answer = await gateway.get(path, headers=HTML)
            assert answer.body == b"<!doctype html><title>reference</title>"
        assert (await gateway.get("/docs/viewer.js")).body == b"1"
        assert (await gateway.get("/docs/nothing", headers=HTML)).status == 404

    async def test_the_events(self, gateway: Gateway) -> None:
        page = await gateway.get("/docs/events")
        assert (page.status, page.headers["Content-Type"]) == (200, "text/html")
        policy = page.headers["Content-Security-Policy"]
        assert "style-src 'sha256-" in policy
        assert "unsafe" not in policy
        assert b"member.joined" in page.body
        document = await gateway.get("/asyncapi.json")
        assert document.json["asyncapi"] == "3.0.0"

    async def test_the_merged_document(self, gateway: Gateway) -> None:
        answer = await gateway.get("/openapi.json")
        merged = answer.json
        validate(merged)
        assert merged["openapi"] == "3.1.1"
        assert merged["paths"].keys() == {"/v1/me", "/.well-known/jwks.json", "/v1/notifications", "/v1/home"}

    @pytest.mark.parametrize("encoding", ["gzip", "identity"])
    async def test_it_is_sent_once(self, gateway: Gateway, encoding: str) -> None:
        first = await gateway.get("/openapi.json", headers={"Accept-Encoding": encoding})
        assert first.headers.get("Content-Encoding", "identity") == encoding
        again = await gateway.get(
            "/openapi.json", headers={"Accept-Encoding": encoding, "If-None-Match": first.headers["ETag"]}
        )
        assert (again.status, again.body) == (304, b"")

    async def test_public_keys_come_through(self, gateway: Gateway, teams: Teams) -> None:
        answer = await gateway.get("/.well-known/jwks.json")
        assert answer.json["keys"][0]["kid"] == teams.key.kid


class TestHealth:
    async def test_alive(self, gateway: Gateway) -> None:
        assert (await gateway.get("/health/live")).status == 200

    async def test_not_ready_before_revocations_are_heard_and_services_are_named(self, gateway: Gateway) -> None:
        await gateway.get("/.well-known/jwks.json")
        answer = await gateway.get("/health/ready")
        assert answer.status == 503
        parts = json.loads(answer.body)["parts"]
        assert parts == {
            "keys": "ok",
            "revocations": "not heard: teams is asked for every token",
            "limits": "counted in each process: Redis is away",
            "service admin": "unreachable",
            "service teams": "ok",
            "service notifier": "unreachable",
        }

    async def test_metrics_are_not_public(self, gateway: Gateway) -> None:
        assert (await gateway.get("/metrics")).status == 404
