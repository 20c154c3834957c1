// The people, keys and addresses that the pages share.
import { random } from "./bytes.mjs";
import { encode } from "./cbor.mjs";
import { idKey, sha256, sign, h } from "./construct.mjs";
import { publicKey } from "./hpke.mjs";

const r = (name, n = 32) => random(`people ${name}`, n);

export const idA_seed = r("idA");
export const idB_seed = r("idB");
export const idA = idKey(idA_seed);
export const idB = idKey(idB_seed);
export const home_seed = r("home");
export const home = idKey(home_seed);
export const line_pk = await publicKey(r("line"));
export const sid = r("sid");

export const address = (name) => ({ 0: r(`${name} id`, 16), 1: r(`${name} cap`), 2: r(`${name} outer`) });
export const mA = encode(address("mA"));
export const mB = encode(address("mB"));

export const ENDPOINTS = [
  { 0: "https", 1: "home.example", 2: 443, 3: "", 4: "a-secret-door", 5: true },
  { 0: "https", 1: "192.0.2.7", 2: 8443, 3: "cdn.example", 4: "another_door_0", 5: false },
];
export const descriptorFields = { 0: 1, 1: home, 2: sha256(line_pk), 3: ENDPOINTS, 4: 7, 5: 1_800_000_000 };
export const descriptor = encode(descriptorFields);
export const signDescriptor = (seed, bytes, label = "descriptor") => encode({ 0: bytes, 1: sign(seed, label, h(bytes)) });
export const signedDescriptor = signDescriptor(home_seed, descriptor);
