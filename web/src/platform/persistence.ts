/** Ask the browser to keep what this page stores, also when the disk gets full. */

/** True when it will: Chromium decides by itself, Firefox asks the person. */
export async function askToKeep(storage: StorageManager): Promise<boolean> {
  try {
    return (await storage.persisted()) || (await storage.persist());
  } catch {
    // It may still keep it; the page works the same.
    return false;
  }
}
