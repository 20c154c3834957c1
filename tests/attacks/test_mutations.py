"""The attacks' tests notice what they are there for; the documents name the same changes."""

from pathlib import Path

import pytest

from tests.attacks.mutations import (
    MUTATIONS,
    ROOT,
    TRIED_BY_THE_SUITE,
    Mutation,
    run_against,
    turned_red,
)


@pytest.mark.attacks
@pytest.mark.timeout(200)
@pytest.mark.parametrize("test", TRIED_BY_THE_SUITE)
def test_altered_package_turns_its_test_red(test: str, tmp_path: Path) -> None:
    """A test that stays green while the lock is off guards nothing."""
    (mutation,) = [each for each in MUTATIONS if each.test == test]
    result = run_against(mutation, tmp_path)
    assert turned_red(result), result.stdout + result.stderr


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda each: f"{each.file}:{each.test}")
def test_mutation_still_meets_its_mark(mutation: Mutation) -> None:
    """A table that names lines which are gone would be trusted all the same."""
    source = (ROOT / "src" / "hamseda" / mutation.file).read_text(encoding="utf-8")
    assert source.count(mutation.old) == 1
    file, _, name = mutation.test.partition("::")
    tests = (ROOT / "tests" / "attacks" / file).read_text(encoding="utf-8")
    assert f"def {name.partition('[')[0]}(" in tests


def test_document_shows_every_mutation() -> None:
    """Whoever reads of an attack must be able to open the lock and see the alarm."""
    shown = (ROOT / "docs" / "explanation" / "attacks.md").read_text(encoding="utf-8")
    for mutation in MUTATIONS:
        change = f"`{mutation.file}`: `{mutation.old.strip()}` → "
        assert f"`{mutation.test.partition('[')[0]}` | {change}" in shown, mutation.test
