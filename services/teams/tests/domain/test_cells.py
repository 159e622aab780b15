import pytest
from hypothesis import given
from hypothesis import strategies as st

from teams.domain.cells import DANGEROUS, neutralise


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "  -2"])
def test_what_a_spreadsheet_would_run_is_shown(text) -> None:
    assert neutralise(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "Ada", "1", "a=b", "'=1", "ada@example.com"])
def test_anything_else_stays(text) -> None:
    assert neutralise(text) == text


@given(st.text())
def test_no_cell_begins_dangerously(text) -> None:
    assert not neutralise(text).lstrip(" ").startswith(DANGEROUS)
