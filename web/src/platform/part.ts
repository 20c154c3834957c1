/**
 * Check a script that the page loads later: a browser has no hash for a Worker or a worklet.
 *
 * The document names each of them with its hash, as it does its own script. What was fetched and
 * checked lies in the browser's cache, or in that of the service worker, when it is loaded then.
 */

/** Give the address back when what lies there is what was built; throws `TypeError` otherwise. */
export async function checkedPart(url: string): Promise<string> {
  const named = document.querySelector<HTMLMetaElement>("meta[name=parts]")?.content ?? "";
  const { pathname } = new URL(url, location.href);
  for (const part of named.split(" ")) {
    const [name = "", ...hash] = part.split("=");
    // A hash in base64 may end in "=" itself.
    if (name !== "" && pathname.endsWith(`/${name}`)) await fetch(url, { integrity: hash.join("=") });
  }
  return url;
}
