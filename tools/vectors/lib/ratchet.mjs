// spec/ratchet.md: the sending half, enough to write dialogues.
import { cat, uint, zeros } from "./bytes.mjs";
import { gcm44, h, kdf, seal } from "./construct.mjs";

export const chain = (ck) => ({ mk: kdf(ck, zeros(0), "mk", null, 32), ck: kdf(ck, zeros(0), "ck", null, 32) });

export function step(seed, root, ct, pk) {
  const okm = kdf(seed, root, "step", h(ct, pk), 64);
  return { root: okm.slice(0, 32), ck: okm.slice(32) };
}

export const sealTurn = (pkPeer, seed, sid, t, pk, ekm) => seal(pkPeer, seed, "turn", h(sid, t, pk), ekm);

export const header = (t, pn, n, r, ct, pk) => cat(1, uint(t, 4), uint(pn, 4), uint(n, 4), r, ct, pk);

export function sealMessage(mk, ids, head, r, body) {
  const aad = cat(h(ids.sid, ids.sender, ids.receiver), head);
  return cat(head, gcm44(kdf(mk, r, "msg", null, 44), body, aad));
}
