/** Prove that a descriptor and a line key belong to a home (spec/invitation.md §1). */

import { WireError } from "../errors";
import * as base64url from "../wire/base64url";
import { type Bytes, equal } from "../wire/bytes";
import { Descriptor, HomeDocument, SignedDescriptor } from "../wire/descriptor";
import { Label, h, sha256, taggedHash } from "./keySchedule";
import { type SigningKey, verifyUntrusted } from "./signatures";

/** A home document that passed all checks. */
export interface VerifiedHome {
  readonly descriptor: Descriptor;
  /** The signed descriptor as it was received: it goes into bundles and profiles unchanged. */
  readonly signed: Bytes;
  readonly lineKey: Bytes;
}

/** Name a home by its identity key, in the 43 characters that links carry. */
export function homeId(publicKey: Bytes): string {
  return base64url.encode(taggedHash(Label.HOME, publicKey));
}

/** Give what a descriptor says of the line key. */
export function lineKeyHash(lineKey: Bytes): Bytes {
  return sha256(lineKey);
}

/** Sign the bytes of a descriptor; give the bytes of the signed descriptor. */
export async function signDescriptor(key: SigningKey, descriptor: Bytes): Promise<Bytes> {
  const signature = await key.sign(Label.DESCRIPTOR, h(descriptor));
  return SignedDescriptor.encode({ body: descriptor, signature });
}

/**
 * Check a home document against the home's id from a link or the store, or throw `WireError`.
 *
 * `expectedHomeId` is null only on the very first visit of a page, where the page's own address is
 * all there is; what it says of itself is remembered from then on.
 */
export async function verifyHomeDocumentUntrusted(
  document: Bytes,
  expectedHomeId: string | null,
): Promise<VerifiedHome> {
  const { signed, lineKey } = HomeDocument.parseUntrusted(document);
  const descriptor = await verifySignedDescriptorUntrusted(signed, expectedHomeId);
  verifyLineKeyUntrusted(descriptor, lineKey);
  return { descriptor, signed, lineKey };
}

/**
 * Check a signed descriptor, or throw `WireError`.
 *
 * `expectedHomeId` is null only where something else vouches for the bytes: inside a bundle, that is
 * its hash in the link.
 */
export async function verifySignedDescriptorUntrusted(
  signed: Bytes,
  expectedHomeId: string | null,
): Promise<Descriptor> {
  const { body, signature } = SignedDescriptor.parseUntrusted(signed);
  const descriptor = Descriptor.parseUntrusted(body);
  if (expectedHomeId !== null && homeId(descriptor.homeKey) !== expectedHomeId) {
    throw new WireError("bad message: another home answered than the one that was asked for");
  }
  await verifyUntrusted(descriptor.homeKey, Label.DESCRIPTOR, h(body), signature);
  return descriptor;
}

/** Throw `WireError` unless this is the line key that the descriptor names. */
export function verifyLineKeyUntrusted(descriptor: Descriptor, lineKey: Bytes): void {
  if (!equal(lineKeyHash(lineKey), descriptor.lineKeyHash)) {
    throw new WireError("bad message: the line key is not the one that the home signed");
  }
}
