"""Hold the parsers against the CDDL of the specification, read out of its pages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from cddl_verifier import Validator
from hypothesis import given, settings
from hypothesis import strategies as st

from hamseda.wire import cbor
from tests.wire.examples import EXAMPLES, LAYOUTS

SPEC = Path(__file__).parents[2] / "spec"
CDDL_FENCE = re.compile(r"^```cddl\n(.*?)^```", re.MULTILINE | re.DOTALL)
CDDL = "\n".join(
    block
    for page in sorted(SPEC.glob("*.md"))
    for block in CDDL_FENCE.findall(page.read_text("utf-8"))
)

RULES: Mapping[str, str] = MappingProxyType(
    {
        "Byes": "bye",
        "GetVoucher": "voucher",
        "GetDocument": "document",
        "GetGrant": "grant",
        "AcceptBody": "accept_body",
        "OfferBody": "offer_body",
        "AnswerBody": "answer_body",
    }
)
"""The rule of a type whose name is not its own in other letters."""

ONLY_IN_PROSE = {"CallRef", "Hangup", "Signed"}
"""Stand in the table of spec/ratchet.md §5, or are CBOR of two kinds."""

TYPES = [kind for kind in EXAMPLES if kind not in LAYOUTS and kind.__name__ not in ONLY_IN_PROSE]


VALIDATOR = Validator(CDDL)


def allows(kind: type[Any], data: bytes) -> bool:
    """Ask the specification whether these bytes are of this type."""
    rule = RULES.get(kind.__name__, re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower())
    return VALIDATOR.validate(data, root_type=rule).valid


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.__name__)
@given(data=st.data())
@settings(max_examples=5)
def test_what_we_write_is_what_the_specification_says(kind: type[Any], data: st.DataObject) -> None:
    """The pages are the law; this code is one reading of them."""
    assert allows(kind, data.draw(EXAMPLES[kind]).encode())


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.__name__)
@given(data=st.data())
@settings(max_examples=3)
def test_what_the_specification_forbids_is_refused_there_too(
    kind: type[Any], data: st.DataObject
) -> None:
    """A page that allows more than its parser would mislead the next implementation."""
    fields: Any = cbor.decode_untrusted(data.draw(EXAMPLES[kind]).encode())
    key = data.draw(st.sampled_from(sorted(fields)))
    another = 0 if isinstance(fields[key], str) else "wrong"
    assert not allows(kind, cbor.encode({**fields, key: another}))
