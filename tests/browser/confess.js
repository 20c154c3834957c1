// Put before a tested page's Worker: tells each secret key that it makes or takes, for the canary.
{
  const told = new BroadcastChannel("confess");
  const { importKey } = SubtleCrypto.prototype;
  const SECRET = ["AES-GCM", "HKDF", "HMAC", "PBKDF2"];

  SubtleCrypto.prototype.importKey = function (format, data, algorithm, ...rest) {
    const name = algorithm.name ?? algorithm;
    const bytes = ArrayBuffer.isView(data)
      ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
      : data instanceof ArrayBuffer ? new Uint8Array(data) : new Uint8Array();
    // The seed stands at the end of PKCS #8.
    if (format === "pkcs8") told.postMessage({ name, key: [...bytes.slice(-32)] });
    else if (SECRET.includes(name)) told.postMessage({ name, key: [...bytes] });
    return importKey.call(this, format, data, algorithm, ...rest);
  };
}
