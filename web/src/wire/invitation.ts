/** What two strangers exchange to become contacts (spec/invitation.md §2 and §3). */

import { RefusedReason } from "./codes";
import { SignedDescriptor } from "./descriptor";
import { MailboxAddress, VOUCHER_BYTES } from "./mailbox";
import { type Of, bytes, code, id, structure, uint } from "./structure";

export const KEM_KEY_BYTES = 1216;

/** All that an invitation link leads to; the home's signature is not checked here. */
export const Bundle = structure(
  "bundle",
  {
    /** An encoded `SignedDescriptor`, as the home signed it. */
    home: bytes(1),
    voucher: bytes(2, VOUCHER_BYTES),
    mailbox: id(3),
    cap: bytes(4, 32),
    outer: bytes(5, 32),
    /** The key to which the accept is sealed; it exists for this invitation alone. */
    kemKey: bytes(6, KEM_KEY_BYTES),
    /** The inviter's identity for this contact alone (Ed25519). */
    idKey: bytes(7, 32),
    /** Unix seconds, by the home's clock. */
    expiry: uint(8),
    random: bytes(9, 32),
  },
  { versioned: true, checkUntrusted: ({ home }) => void SignedDescriptor.parseUntrusted(home) },
);
export type Bundle = Of<typeof Bundle>;

/** Say where the accept of an invitation goes. */
export function bundleAddress({ mailbox, cap, outer }: Bundle): MailboxAddress {
  return { mailbox, cap, outer };
}

/** What the invited side offers: identity, key, mailbox and the first secret. */
export const AcceptBody = structure(
  "accept",
  {
    seed0: bytes(1, 32),
    idKey: bytes(2, 32),
    kemKey: bytes(3, KEM_KEY_BYTES),
    /** An encoded `MailboxAddress`: the welcome's signature covers these bytes. */
    mailbox: bytes(4),
  },
  { versioned: true, checkUntrusted: ({ mailbox }) => void MailboxAddress.parseUntrusted(mailbox) },
);
export type AcceptBody = Of<typeof AcceptBody>;

/** Tell the invited side that it is a contact now, and where to write. */
export const Welcome = structure(
  "welcome",
  {
    ctx: bytes(0, 32),
    /** An encoded `MailboxAddress`. */
    mailbox: bytes(1),
    signature: bytes(2, 64),
  },
  { checkUntrusted: ({ mailbox }) => void MailboxAddress.parseUntrusted(mailbox) },
);
export type Welcome = Of<typeof Welcome>;

/** Tell the invited side that it is no contact, and why. */
export const Refused = structure("refused", {
  ctx: bytes(0, 32),
  reason: code(1, RefusedReason),
  signature: bytes(2, 64),
});
export type Refused = Of<typeof Refused>;
