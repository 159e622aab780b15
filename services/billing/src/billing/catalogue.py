"""The reviewed file of plans -> `Catalogue`."""

from pathlib import Path

import yaml
from pydantic import ValidationError

from billing.domain.plans import Catalogue
from chassis.inbox import reasons
from chassis.settings import StartRefused


def load_catalogue(path: Path) -> Catalogue:
    """Read and check the file. Raises StartRefused with what is wrong."""
    try:
        return Catalogue.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError) as error:
        raise StartRefused(f"CATALOG_FILE: {error}") from None
    except ValidationError as error:
        raise StartRefused(f"CATALOG_FILE {path.name}: {reasons(error)}") from None
