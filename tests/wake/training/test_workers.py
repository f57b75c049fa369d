import os
from functools import partial

import pytest

from assistant.wake.training.workers import run_all


def test_results_come_in_the_jobs_order_and_progress_as_they_are_done():
    seen = []
    jobs = [partial(os.getenv, "OPENBLAS_NUM_THREADS"), partial(max, 3, 2), partial(min, 3, 2)]
    assert run_all(jobs, 1, lambda done, total: seen.append((done, total))) == ["1", 3, 2]
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_the_environment_is_afterwards_as_before(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    assert run_all([partial(os.getenv, "OMP_NUM_THREADS")], 1, lambda done, total: None) == ["1"]
    assert os.environ["OMP_NUM_THREADS"] == "7"
    assert "OPENBLAS_NUM_THREADS" not in os.environ


def test_what_a_job_raises_is_raised():
    with pytest.raises(ValueError, match="invalid literal"):
        run_all([partial(int, "x"), partial(int, "1")], 1, lambda done, total: None)
