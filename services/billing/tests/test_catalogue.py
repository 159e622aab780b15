"""A wrong file of plans refuses the start and says what is wrong."""

import pytest

from billing.catalogue import load_catalogue
from chassis.settings import StartRefused


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("plans: [", "CATALOG_FILE"),
        ("currency: usd\nplans: []", "free"),
        ("currency: DOLLARS\nplans: []", "currency"),
        ("just words", "CATALOG_FILE"),
    ],
)
def test_what_is_wrong_is_said(tmp_path, text, says):
    file = tmp_path / "catalog.yaml"
    file.write_text(text)
    with pytest.raises(StartRefused, match=says):
        load_catalogue(file)


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(StartRefused, match="CATALOG_FILE"):
        load_catalogue(tmp_path / "none.yaml")
