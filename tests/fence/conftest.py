from collections.abc import Iterator

import pytest

from tests.fence.attempts import World, world


@pytest.fixture(scope="session")
def there() -> Iterator[World]:
    with world() as there:
        yield there
