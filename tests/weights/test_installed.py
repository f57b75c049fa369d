"""The real default set."""

import pytest

from assistant import paths
from assistant.weights import Store, load_catalogue


@pytest.mark.models
def test_every_file_of_the_default_models_is_the_one_that_the_catalogue_means():
    store = Store(paths.models_folder(), load_catalogue(paths.bundled("models") / "models.toml"))
    assert {entry.id: store.verify(entry) for entry in store.catalogue.defaults} == {
        entry.id: [] for entry in store.catalogue.defaults
    }
