"""Run spec/vectors against the Python code, and see that the vectors can tell right from wrong."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping

import pytest

from hamseda.errors import WireError
from tests.vector_operations import call, contact, handshake, structures
from tests.vector_operations.alteration import altered, places, spots
from tests.vectors import FOLDER, Case, Json, Values, load, names

OPERATIONS: Mapping[str, Callable[[Values, Values], dict[str, Json]]] = {
    **handshake.OPERATIONS,
    **structures.OPERATIONS,
    **contact.OPERATIONS,
    **call.OPERATIONS,
}

# What the invalid cases must show at least, in the generator's words.
FAILURES = {
    "missing field",
    "wrong value",
    "truncated",
    "one byte too long",
    "replayed",
    "wrong key",
    "wrong direction",
    "wrong label",
    "wrong context",
    "wrong length",
    "small-order key",
    "S >= L",
    "bad padding",
    "non-canonical CBOR",
    "unknown key",
    "expired",
}

LONG = 4096
STRIDE = 61


def is_right(case: Case) -> bool:
    """Say whether the code does what the case demands."""
    try:
        produced = OPERATIONS[case.op](case.given, case.out)
    except WireError:
        return not case.valid
    return case.valid and produced == dict(case.out.raw)


def is_noticed(case: Case) -> bool:
    """Say whether an altered case fails, in whatever way."""
    try:
        return not is_right(case)
    except Exception:  # noqa: BLE001 (an altered number may be a size that nothing has)
        return True


READ_IN_PART = {"body_known", "request_unknown", "push_unknown"}


def valid_cases(name: str) -> Iterator[Case]:
    """Give the cases whose every byte counts: not those with what a later release may say."""
    return (
        case
        for case in load(name)
        if case.valid and not (case.id.endswith("-unknown") or case.op in READ_IN_PART)
    )


@pytest.mark.parametrize("name", names())
def test_every_case_ends_as_the_vectors_say(name: str) -> None:
    """Python and JavaScript read one specification; where they differ, a call fails."""
    assert [f"{case.id}: {case.what}" for case in load(name) if not is_right(case)] == []


@pytest.mark.parametrize("name", names())
def test_at_least_half_of_a_file_comes_from_elsewhere(name: str) -> None:
    """Code that is tested by its own output agrees with itself, and with nobody else."""
    sources = Counter(case.source for case in load(name))
    assert 2 * sources["python"] <= sources.total()


@pytest.mark.parametrize("name", names())
def test_every_case_is_named_once_and_an_invalid_one_names_its_failure(name: str) -> None:
    """A red case must be found, and must say what is wrong with the code."""
    cases = load(name)
    assert [key for key, count in Counter(case.id for case in cases).items() if count > 1] == []
    assert all(bool(case.failure) != case.valid for case in cases)
    assert {case.failure for case in cases} <= FAILURES | {""}


def test_every_kind_of_failure_has_a_case() -> None:
    """A check that no vector needs is a check that somebody removes one day."""
    assert {case.failure for name in names() for case in load(name)} - {""} == FAILURES


def test_no_operation_is_left_without_a_case() -> None:
    """A runner that runs nothing is green for ever."""
    assert {case.op for name in names() for case in load(name)} == set(OPERATIONS)


def test_the_files_are_those_that_were_generated() -> None:
    """An invalid case stays invalid when it rots; its file's hash does not."""
    sums = {
        name: digest
        for digest, name in (
            line.split("  ") for line in (FOLDER / "SHA256SUMS").read_text("ascii").splitlines()
        )
    }
    assert sums == {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in FOLDER.glob("*.json")
    }


@pytest.mark.parametrize("name", names())
def test_one_changed_byte_in_any_value_is_noticed(name: str) -> None:
    """A value that nobody compares is a value that two implementations may disagree about.

    Here one byte of each value; under the marker `attacks` all of them.
    """
    unnoticed = [
        f"{case.id}: {path}"
        for case in valid_cases(name)
        for path, value in spots(case)
        if places(value) and not is_noticed(altered(case, path, value, places(value) // 2))
    ]
    assert unnoticed == []


@pytest.mark.attacks
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", names())
def test_every_changed_byte_is_noticed(name: str) -> None:
    """The same for each byte; of values above 4 KiB and of whole dialogues each 61st.

    Those are AES-GCM ciphertexts nearly to the end, and a dialogue takes a thousand times as
    long as a hash.
    """
    unnoticed = [
        f"{case.id}: {path} byte {place}"
        for case in valid_cases(name)
        for path, value in spots(case)
        for place in range(0, places(value), stride(case, value))
        if not is_noticed(altered(case, path, value, place))
    ]
    assert unnoticed == []


def stride(case: Case, value: int | str) -> int:
    """Choose how many bytes to go on by."""
    return STRIDE if case.op == "dialogue" or places(value) > LONG else 1
