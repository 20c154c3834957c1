"""Let two browsers call each other by their own WebRTC, with a coturn to fall back on.

Their signalling is carried by hand, outside the network: the best case for WebRTC, whose
signalling is not what is measured here.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from playwright.sync_api import Page

from hamseda_lab.brief import Brief
from hamseda_lab.coturn import PORT, TLS_PORT, USER, start_coturn
from hamseda_lab.place import HOME_NAME, Place, Placement
from hamseda_lab.systems.browser import Browsers
from hamseda_lab.systems.frames import (
    longest_gap,
    share_of_the_last,
    share_on_time,
    talked,
)
from hamseda_lab.systems.system import PATIENCE, Outcome, System

_RINGS: Final = 0.25

_SERVERS: Final = [
    {
        "urls": [
            f"turn:{HOME_NAME}:{PORT}?transport=udp",
            f"turn:{HOME_NAME}:{PORT}?transport=tcp",
            f"turns:{HOME_NAME}:{TLS_PORT}?transport=tcp",
        ],
        "username": USER,
        "credential": USER,
    }
]

_BEGIN: Final = """servers => {
  const sound = new AudioContext();
  const voice = new OscillatorNode(sound, { type: "sawtooth", frequency: 130 });
  const mouth = sound.createMediaStreamDestination();
  voice.connect(mouth);
  voice.start();
  window.found = [];
  window.peer = new RTCPeerConnection({ iceServers: servers });
  peer.onicecandidate = ({ candidate }) => { if (candidate) found.push(candidate.toJSON()); };
  peer.ontrack = ({ track }) => {
    const ear = new Audio();
    ear.srcObject = new MediaStream([track]);
    ear.play();
  };
  peer.addTrack(mouth.stream.getTracks()[0], mouth.stream);
}"""
_OFFER: Final = "async () => { await peer.setLocalDescription(); return peer.localDescription; }"
_ANSWER: Final = """async offer => {
  await peer.setRemoteDescription(offer);
  await peer.setLocalDescription();
  return peer.localDescription;
}"""
_ACCEPT: Final = "answer => peer.setRemoteDescription(answer)"
_TAKE: Final = "() => found.splice(0)"
_ADD: Final = "every => Promise.all(every.map(each => peer.addIceCandidate(each)))"
_COUNT: Final = """async () => {
  const kept = { state: peer.connectionState, expected: 0, concealed: 0, path: null };
  const stats = await peer.getStats();
  for (const one of stats.values()) {
    if (one.type === "inbound-rtp") {
      kept.expected = one.totalSamplesReceived ?? 0;
      kept.concealed = one.concealedSamples ?? 0;
    }
    if (one.type === "candidate-pair" && one.nominated && one.state === "succeeded") {
      const mine = stats.get(one.localCandidateId);
      kept.path = mine.candidateType + "/" + (mine.relayProtocol ?? mine.protocol);
    }
  }
  return kept;
}"""


class WebRtc(System):
    """Be two browsers, and a coturn on UDP, TCP and TLS at the home's address."""

    name = "webrtc-coturn"

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self._turn = start_coturn(
            place.net.host("home"), place.folder, place.authority.issue(HOME_NAME)
        )
        self._browsers = Browsers(place)
        self._pages = [self._browsers.open(host) for host in ("caller", "callee")]

    def call(self, seconds: float, on_connected: Callable[[], None]) -> Outcome:
        """Call, answer, talk for some seconds, hang up."""
        for page in self._pages:
            page.goto("about:blank")
            page.evaluate(_BEGIN, _SERVERS)
        began = time.monotonic()
        connected = self._connect(began + PATIENCE)
        setup = None if connected is None else round(connected - began, 2)
        qualities: list[list[Mapping[str, Any]]] = [[], []]
        path = None
        if connected is not None:
            on_connected()
            firsts = [page.evaluate(_COUNT) for page in self._pages]
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                self._pages[0].wait_for_timeout(1000)
                self._exchange()
                counts = [page.evaluate(_COUNT) for page in self._pages]
                for quality, first, count in zip(qualities, firsts, counts, strict=True):
                    quality.append(_as_frames(first, count))
                path = counts[0]["path"] or path
        reason = self._pages[0].evaluate("() => peer.connectionState")
        for page in self._pages:
            page.evaluate("() => peer.close()")
        return Outcome(
            connected=all(talked(each) for each in qualities),
            setup_s=setup,
            on_time=round(min(share_on_time(each) for each in qualities), 4),
            last_on_time=round(min(share_of_the_last(each) for each in qualities), 4),
            longest_gap_s=None if setup is None else max(longest_gap(each) for each in qualities),
            path=path,
            ended_reason="hangup" if reason == "connected" else str(reason),
        )

    def close(self) -> None:
        """End browsers and coturn."""
        self._browsers.close()
        self._turn.kill()
        self._turn.wait()

    def brief(self, placement: Placement, residual_factor: float = 1.0) -> Brief:
        """Say what a censor knows that wants to stop it: nothing is signalled at the relay."""
        brief = super().brief(placement, residual_factor)
        return replace(brief, signalling_ports=frozenset[int]())

    def _connect(self, until: float) -> float | None:
        """Carry offer, answer and candidates; give when both sides heard something, or None."""
        caller, callee = self._pages
        offer = caller.evaluate(_OFFER)
        caller.evaluate(_ACCEPT, callee.evaluate(_ANSWER, offer))
        while time.monotonic() < until:
            self._exchange()
            if all(_hears(page) for page in self._pages):
                return time.monotonic()
            caller.wait_for_timeout(1000 * _RINGS)
        return None

    def _exchange(self) -> None:
        for mine, its in (self._pages, reversed(self._pages)):
            found = mine.evaluate(_TAKE)
            if found:
                its.evaluate(_ADD, found)


def _hears(page: Page) -> bool:
    count = page.evaluate(_COUNT)
    return bool(count["expected"] > count["concealed"])


def _as_frames(first: Mapping[str, Any], count: Mapping[str, Any]) -> dict[str, int]:
    """Count samples as if they were frames, from the first that was heard on."""
    expected = count["expected"] - first["expected"]
    concealed = count["concealed"] - first["concealed"]
    return {"frames_expected": expected, "frames_on_time": expected - concealed}
