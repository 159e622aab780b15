"""The Python client's generated half: models and operations, by openapi-python-client with three templates of ours."""

import shutil
import tempfile
from pathlib import Path

from openapi_python_client import generate
from openapi_python_client.config import Config, ConfigFile, MetaType

from api_clients.document import read, write_for_generators
from local_stack.failure import StackFailure
from local_stack.places import Places

PACKAGE = Path("clients/python/src/objectalabs/generated")
FILES = {"image/webp": "application/octet-stream"}
"""Media types that the generator does not know: answers that are files."""
TEMPLATES = Path("clients/python/templates")


def build_python(places: Places) -> None:
    """Write the generated package anew. Raises StackFailure with what the generator could not express."""
    with tempfile.TemporaryDirectory() as scratch:
        fresh = _generate(places.root, Path(scratch))
        shutil.rmtree(places.root / PACKAGE, ignore_errors=True)
        shutil.copytree(fresh, places.root / PACKAGE)


def _generate(root: Path, scratch: Path) -> Path:
    source = write_for_generators(read(root), scratch / "openapi.json")
    fresh = scratch / "generated"
    config = Config.from_sources(
        ConfigFile(
            post_hooks=[], package_name_override="objectalabs", literal_enums=True, content_type_overrides=FILES
        ),
        MetaType.NONE,
        source,
        "utf-8",
        overwrite=True,
        output_path=fresh,
    )
    errors = generate(config=config, custom_template_path=root / TEMPLATES)
    if errors:
        raise StackFailure("\n".join(f"{one.header} {one.detail or ''}" for one in errors))
    return fresh
