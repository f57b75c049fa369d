"""`xiaoben privacy --prove`, by an ordinary user of a machine that has nothing of Xiaoben but its folder."""

import pytest

from tests.boot.container import Container
from tests.boot.person import XIAOBEN

pytestmark = pytest.mark.boot


def test_an_ordinary_user_can_prove_that_nothing_leaves(contained: Container):
    proof = contained.run(f"{XIAOBEN} privacy --prove", user="pi", seconds=580)
    assert " 0 open, 0 unproven" in proof
