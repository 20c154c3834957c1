"""What Mumble's clients say, as its server understands it."""

from hypothesis import given
from hypothesis import strategies as st

from hamseda.errors import WireError
from hamseda_lab.systems import mumble_wire as wire
from hamseda_lab.systems.mumble_client import Ear
from hamseda_lab.systems.ocb import Seal

KEY = bytes(range(16))


def pair() -> tuple[Seal, Seal]:
    """Give both sides of a connection; their nonces turn over soon."""
    here, there = b"\xfe\xff" + bytes(14), b"\x10" + bytes(15)
    return Seal(KEY, here, there), Seal(KEY, there, here)


def test_the_seal_is_that_of_the_published_vectors() -> None:
    """OCB 2.0's authors, and Mumble's own tests, have these."""
    seal = Seal(KEY, KEY, KEY)
    assert seal.seal_with(b"", KEY)[1].hex() == "bf3108130773ad5ec70ec69e7875a7b0"
    sealed, tag = seal.seal_with(bytes(range(40)), KEY)
    assert tag.hex() == "9db0cdf880f73e3e10d4eb3217766688"
    assert sealed.hex() == (
        "f75d6bc8b4dc8d66b836a2b08b32a6369f1cd3c5228d79fd6c267f5f6aa7b231c7dfb9d59951ae9c"
    )


@given(st.lists(st.binary(min_size=1, max_size=70), max_size=8))
def test_what_one_side_seals_the_other_opens(every: list[bytes]) -> None:
    """Also where the first byte of the nonce turns over."""
    mine, its = pair()
    assert [its.open(mine.seal(each)) for each in every] == every


def test_loss_and_disorder_are_borne() -> None:
    """They are what datagrams do."""
    mine, its = pair()
    sealed = [mine.seal(bytes([number + 1])) for number in range(6)]
    order = [0, 3, 2, 5]
    assert [its.open(sealed[number]) for number in order] == [bytes([n + 1]) for n in order]


@given(st.binary(max_size=40))
def test_noise_is_not_opened(noise: bytes) -> None:
    """Three bytes of tag: chance opens one in sixteen million."""
    mine, its = pair()
    assert its.open(noise) is None
    altered = bytearray(mine.seal(b"hello"))
    altered[-1] ^= 1
    assert its.open(bytes(altered)) is None


def test_fields_are_read_as_they_are_written() -> None:
    """Protocol buffers, as far as Mumble's voice needs them."""
    written = wire.fields((1, 300), (2, b"name"), (3, 0))
    assert wire.read_fields_untrusted(written) == {1: 300, 2: b"name", 3: 0}
    assert written.hex() == "08ac0212046e616d651800"


@given(st.integers(0, 2**27), st.binary(min_size=1, max_size=100))
def test_voice_is_read_as_the_server_passes_it_on(number: int, sound: bytes) -> None:
    """It puts the talker's number behind the first byte."""
    packet = wire.voice(number, sound)
    assert wire.read_voice_untrusted(packet[:1] + b"\7" + packet[1:]) == (number, sound)


@given(st.binary(max_size=60))
def test_noise_is_borne(noise: bytes) -> None:
    """A server that says nonsense ends a measurement, not the lab."""
    wire.read_voice_untrusted(noise)
    wire.is_ping_untrusted(noise)
    try:
        wire.read_fields_untrusted(noise)
    except WireError:
        return


def test_frames_are_on_time_that_come_within_the_buffer() -> None:
    """200 ms behind the quickest; what comes later is silence."""
    ear = Ear()
    assert ear.hear(10, 5.0)
    assert not ear.hear(11, 5.02)
    assert not ear.hear(12, 5.23)
    assert not ear.hear(13, 5.27)
    assert ear.on_time == 3
    assert ear.expected(6.2) == 50
    assert Ear().expected(9.0) == 0
