"""Say for each attack which one-line change of the source lets it through.

docs/explanation/attacks.md shows this table; `python tools/try_mutations.py` tries every row.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.integration.mutation import mutated_package

ROOT = Path(__file__).parents[2]
TEST_SECONDS = 150.0


@dataclass(frozen=True, slots=True)
class Mutation:
    """Be one change of one line, and the test that must notice it."""

    test: str
    """File and function under tests/attacks, with a parameter where only one notices."""
    file: str
    """Path inside the package."""
    old: str
    new: str


MUTATIONS = (
    Mutation(
        "test_disk.py::test_erased_profile_leaves_nothing_on_the_raw_disk",
        "client/profile_file.py",
        "            _overwrite(path)",
        "            pass",
    ),
    Mutation(
        "test_disk.py::test_used_keys_do_not_stay_on_the_raw_disk",
        "client/profile.py",
        "            blank_journal(self.folder)",
        "            pass",
    ),
    Mutation(
        "test_altered.py::test_altered_bundle_is_refused[-1]",
        "crypto/aead.py",
        "        return AESGCM(key).decrypt(nonce, data, aad)",
        "        return AESGCM(key).encrypt(nonce, data[:-16], aad)[:-16]",
    ),
    Mutation(
        "test_altered.py::test_altered_welcome_is_refused",
        "client/api.py",
        "            self._inviting.spoiled(contact)",
        "            pass",
    ),
    Mutation(
        "test_altered.py::test_welcome_without_the_inviters_signature_is_refused",
        "protocol/invitation.py",
        "        verify_welcome_untrusted(",
        "        str(",
    ),
    Mutation(
        "test_altered.py::test_altered_offer_does_not_ring_and_is_told",
        "client/post.py",
        "            return lambda: self._listener.unreadable(owner, arrived)",
        "            return nothing",
    ),
    Mutation(
        "test_altered.py::test_altered_answer_ends_the_call_with_altered[-1]",
        "client/calling.py",
        "            call.step(lambda _: machine.altered())",
        "            pass",
    ),
    Mutation(
        "test_altered.py::test_answer_without_the_contacts_identity_ends_the_call",
        "crypto/call_keys.py",
        "    verify_untrusted(parties.id_callee, Label.ANSWER, digest, signed.signature)",
        "    pass",
    ),
    Mutation(
        "test_altered.py::test_altered_reveal_raises_the_alarm",
        "protocol/callee.py",
        "            self._reveal_by = now + REVEAL_SECONDS",
        "            self._reveal_by = None",
    ),
    Mutation(
        "test_altered.py::test_caller_who_reveals_something_else_raises_the_alarm",
        "crypto/call_keys.py",
        "    if not hmac.compare_digest(commitment(call_id, n_a), committed):",
        "    if False:",
    ),
    Mutation(
        "test_in_between.py::test_replaced_link_shows_different_emoji",
        "crypto/sas.py",
        "    return kdf(n_a + n_b, transcript, Label.SAS, 4, context)",
        '    return kdf(b"", b"", Label.SAS, 4, b"")',
    ),
    Mutation(
        "test_stolen_state.py::test_offer_from_a_stolen_ratchet_is_refused",
        "crypto/call_keys.py",
        "    verify_untrusted(parties.id_caller, Label.OFFER, digest, signed.signature)",
        "    pass",
    ),
    Mutation(
        "test_stolen_state.py::test_thief_who_impersonates_the_callee_to_the_victim_is_refused",
        "crypto/signatures.py",
        ".verify(signature, info(label) + hash32)",
        "",
    ),
    Mutation(
        "test_inner_addresses.py::test_a_list_leads_no_nearer_than_where_the_home_was_met[by_import]",
        "transport/dialling.py",
        "if self._reach is not None and not may_reach(address, self._reach.floor):",
        "if False:",
    ),
    Mutation(
        "test_stolen_state.py::test_copied_profile_that_comes_online_is_told",
        "client/api.py",
        "            self._tell(notice(Security.REPLACED, name))",
        "            pass",
    ),
    Mutation(
        "test_stolen_state.py::test_verified_name_with_another_key_is_told",
        "client/inviting.py",
        "        if contact.changed:",
        "        if False:",
    ),
    Mutation(
        "test_old_offers.py::test_replayed_offer_does_not_ring",
        "client/post.py",
        "self._book.is_seen(arrived.mailbox, hashed)",
        "False",
    ),
    Mutation(
        "test_old_offers.py::test_late_offer_is_a_missed_call",
        "client/calling.py",
        "if age_s > RING_SECONDS or",
        "if age_s > 1e9 or",
    ),
    Mutation(
        "test_old_offers.py::test_offer_whose_age_is_a_lie_does_not_ring",
        "protocol/callee.py",
        "return [SendControl(self._ring.seal(ControlKind.RINGING, self._proof))]",
        "return [SendControl(self._ring.seal(ControlKind.RINGING, self._proof)), Rang()]",
    ),
    Mutation(
        "test_old_offers.py::test_offers_that_were_kept_do_not_answer_themselves",
        "protocol/callee.py",
        "                self._ask_at = now + RINGING_EVERY_SECONDS",
        "                self._ask_at, self._state = now + RINGING_EVERY_SECONDS, _State.RINGING",
    ),
    Mutation(
        "test_rooms.py::test_third_line_in_a_room_gets_no_seat",
        "protocol/room.py",
        "        if not hmac.compare_digest(sha256(request.secret).digest()[:16], expected):",
        "        if request.secret == expected:",
    ),
    Mutation(
        "test_rooms.py::test_third_line_in_a_room_gets_no_seat",
        "crypto/grants.py",
        "hmac.compare_digest(_mac(relay_key, Label.GRANT, parsed.signed_part), parsed.mac)",
        "parsed.mac",
    ),
    Mutation(
        "test_key_reuse.py::test_restored_backup_repeats_no_key_and_nonce",
        "crypto/ratchet.py",
        "        salt=rng(_SALT_SIZE),",
        "        salt=bytes(_SALT_SIZE),",
    ),
    Mutation(
        "test_key_reuse.py::test_call_with_a_meddling_home_seals_no_frame_twice",
        "crypto/sframe.py",
        "        self.__counters = itertools.count(FIRST_CTR)",
        "        self.__counters = itertools.cycle(range(FIRST_CTR, FIRST_CTR + 256))",
    ),
    Mutation(
        "test_key_reuse.py::test_frame_cannot_be_sealed_twice_by_construction",
        "crypto/sframe.py",
        'raise TypeError("an SFrameSender cannot be copied: two would seal under one counter")',
        "return super().__reduce_ex__(2)  # type: ignore",
    ),
    Mutation(
        "test_floods.py::test_silent_connections_are_cut_off",
        "serve/listener.py",
        "ssl_handshake_timeout=self._handshake_seconds if self._tls else None",
        "ssl_handshake_timeout=60.0 if self._tls else None",
    ),
    Mutation(
        "test_floods.py::test_half_open_lines_are_cut_off",
        "serve/visits.py",
        "        protocol.give(self._handshake_seconds)",
        "        protocol.take_all_time()",
    ),
    Mutation(
        "test_floods.py::test_first_request_that_comes_a_byte_at_a_time_is_cut_off",
        "serve/visits.py",
        "        self.give(self._handshake_seconds)",
        "        pass",
    ),
    Mutation(
        "test_floods.py::test_mute_line_is_closed",
        "serve/home.py",
        "            oldest = self.now() - idle",
        "            oldest = 0.0",
    ),
    Mutation(
        "test_floods.py::test_mailbox_flood_ends_at_the_mailbox",
        "mailbox/envelopes.py",
        "    if held >= limits.mailbox_envelopes or held_bytes + len(envelope) > most:",
        "    if held_bytes + len(envelope) > most:",
    ),
    Mutation(
        "test_floods.py::test_flood_of_mailboxes_is_rationed",
        "mailbox/service.py",
        "        elif not service.may_create(self._payer):",
        "        elif False:",
    ),
    Mutation(
        "test_floods.py::test_slow_reader_of_mailboxes_costs_little",
        "transport/outbox.py",
        "ROOM_BYTES: Final = 64 * 1024",
        "ROOM_BYTES: Final = 64 * 1024 * 1024",
    ),
    Mutation(
        "test_floods.py::test_flood_in_a_room_is_rationed",
        "protocol/room.py",
        "        if not _may_send(seat, size * 8, now):",
        "        if False:",
    ),
    Mutation(
        "test_floods.py::test_oversized_http_is_refused",
        "serve/visits.py",
        "            max_field_size=HEADER_LINE,",
        "            max_field_size=10**9,",
    ),
    Mutation(
        "test_floods.py::test_oversized_messages_end_their_line",
        "serve/visits.py",
        "            max_msg_size=MESSAGE_MOST + 1,",
        "            max_msg_size=0,",
    ),
    Mutation(
        "test_fronts.py::test_a_dishonest_front_cannot_invent_people_without_end",
        "protocol/quota.py",
        "        return not self.front or buckets.take(self.front, now, 1 / self.rations)",
        "        return True",
    ),
    Mutation(
        "test_fronts.py::test_a_recorded_pass_spends_nothing_of_its_front",
        "serve/fronts.py",
        "        if abs(shown.time - unix_now) > FRESH or shown.nonce in seen:",
        "        if abs(shown.time - unix_now) > FRESH:",
    ),
    Mutation(
        "test_fronts.py::test_passes_of_one_front_use_up_no_places_of_another",
        "serve/fronts.py",
        "        seen = self._seen[shown.key]",
        "        seen = next(iter(self._seen.values()))",
    ),
    Mutation(
        "test_fronts.py::test_a_broken_upgrade_ends_its_connection",
        "serve/visits.py",
        "            failed.force_close()",
        "            pass",
    ),
    Mutation(
        "test_fronts.py::test_a_front_leads_to_one_home_and_never_shows_its_page",
        "serve/front_app.py",
        'case ["line"] if is_upgrade(request) and "Authorization" not in request.headers:',
        'case ["line"] if is_upgrade(request):',
    ),
    Mutation(
        "test_probing.py::test_wrong_doors_look_like_any_missing_page",
        "serve/visits.py",
        "        if not hmac.compare_digest(first.encode(), self._door):",
        "        if not hmac.compare_digest(first.lower().encode(), self._door.lower()):",
    ),
    Mutation(
        "test_lists.py::test_an_old_list_cannot_come_back",
        "client/homes.py",
        "        is_newer = descriptor.version > newest[0].version",
        "        is_newer = descriptor.version != newest[0].version",
    ),
    Mutation(
        "test_lists.py::test_a_list_that_the_home_has_not_signed_is_dropped",
        "crypto/home_identity.py",
        "    verify_untrusted(descriptor.home_key,",
        "    (descriptor.home_key,",
    ),
    Mutation(
        "test_lists.py::test_a_list_made_for_one_person_is_not_dialled",
        "client/endpoint_lists.py",
        "        if passed_on.home_id == contact.home_id:",
        "        if passed_on.use is Use.NEWER:",
    ),
    Mutation(
        "test_lists.py::test_who_breaks_tls_does_not_stay_unnoticed",
        "client/endpoint_lists.py",
        "    return end.door == said.door and certificate not in said.certificates",
        "    return False",
    ),
    Mutation(
        "test_probing.py::test_a_worker_that_a_changed_page_left_is_sent_away",
        "serve/app.py",
        '        if request.headers.get("Service-Worker") == "script" and rest != [KEEPER]:',
        "        if False:",
    ),
    Mutation(
        "test_probing.py::test_odd_requests_are_answered_like_a_small_web_server",
        "serve/visits.py",
        '        if request.method == "GET":',
        "        if True:",
    ),
    Mutation(
        "test_probing.py::test_replayed_first_bytes_of_a_client_gain_nothing",
        "crypto/line.py",
        "    keys = kdf(s1 + s2, transcript, Label.LINE, 96)",
        '    keys = kdf(s1, b"", Label.LINE, 96)',
    ),
    Mutation(
        "test_rations.py::test_idle_visits_shut_no_neighbour_out",
        "serve/unfinished.py",
        "        if not entered and others:",
        "        if False and others:",
    ),
    Mutation(
        "test_rations.py::test_neighbour_who_creates_all_mailboxes_stops_no_call",
        "mailbox/service.py",
        "        return Status.OK if self._service.may_have_grant(mailbox) else Status.QUOTA",
        "        return Status.OK if self._service.may_create(self._payer) else Status.QUOTA",
    ),
    Mutation(
        "test_rations.py::test_flood_through_the_reverse_proxy_is_the_flooders",
        "serve/prefixes.py",
        '            return self.key_of(last_hop_untrusted(forwarded[-1] if forwarded else ""))',
        "            return self.key_of(proxy)",
    ),
    Mutation(
        "test_rations.py::test_nobody_else_is_believed_about_who_asks",
        "serve/prefixes.py",
        "        return bool(self._proxies) and _parsed(address) in self._proxies",
        "        return True",
    ),
    Mutation(
        "test_rations.py::test_full_mailboxes_leave_room_for_honest_offers",
        "mailbox/envelopes.py",
        "    most = limits.bytes_for_a_mailbox(tx.free_bytes)",
        "    most = limits.mailbox_bytes",
    ),
    Mutation(
        "test_rations.py::test_lines_that_ask_without_end_do_not_silence_a_call",
        "serve/line_connection.py",
        "        wait = self._wait(SUBSCRIBE_COST if isinstance(request, Subscribe) else 1.0)",
        "        wait = 0.0",
    ),
)

TRIED_BY_THE_SUITE = (
    "test_stolen_state.py::test_offer_from_a_stolen_ratchet_is_refused",
    "test_key_reuse.py::test_restored_backup_repeats_no_key_and_nonce",
)


def run_against(mutation: Mutation, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a mutation's test against an altered copy of the package, in all its processes."""
    package = mutated_package(folder, mutation.file, mutation.old, mutation.new)
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--tb=line"]
    return subprocess.run(
        [*command, f"tests/attacks/{mutation.test}"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(package)},
        capture_output=True,
        text=True,
        timeout=TEST_SECONDS,
        check=False,
    )


def turned_red(result: subprocess.CompletedProcess[str]) -> bool:
    """Tell whether the test ran and failed: a test that could not be collected proves nothing."""
    return result.returncode == 1 and "1 failed" in result.stdout
