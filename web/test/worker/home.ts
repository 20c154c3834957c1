/** Run a real home, and the command line beside it, as processes on this machine. */

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const ROOT = join(import.meta.dirname, "../../..");
const PROGRAM = join(ROOT, ".venv/bin/hamseda");
/** Somebody speaks: what the command line says instead of a microphone's sound. */
export const SPEECH = join(ROOT, "tests/data/jfk-48k.wav");
const PATIENCE_MS = 20_000;
/** Many people come from one address here: its rations are not what is under test. */
const RATIONS = ["creations_per_hour=100000", "grants_per_hour=100000"];

/** Set where the Python side is not at hand; nothing else skips the tests that need it. */
export const hasHome = process.env["HAMSEDA_NO_HOME"] !== "1";

/** One JSON line that a process said. */
export type Said = Readonly<Record<string, unknown>>;

/** One process of the command line, whose events are lines of JSON. */
export class Running {
  readonly #process: ChildProcess;
  readonly #said: Said[] = [];
  readonly #errors: string[] = [];
  #wake: (() => void) | null = null;

  constructor(args: readonly string[], profile: string) {
    const env = { ...process.env, HAMSEDA_PROFILE: profile };
    const child = spawn(PROGRAM, [...args, "--json"], { env, stdio: ["ignore", "pipe", "pipe"] });
    this.#process = child;
    createInterface({ input: child.stdout }).on("line", (line) => {
      const said: unknown = JSON.parse(line);
      if (isSaid(said)) this.#said.push(said);
      this.#wake?.();
    });
    createInterface({ input: child.stderr }).on("line", (line) => this.#errors.push(line));
    child.on("exit", () => this.#wake?.());
  }

  /** Wait for an event of this name and give it. */
  async waitFor(event: string): Promise<Said> {
    const until = Date.now() + PATIENCE_MS;
    for (;;) {
      const found = this.#said.find((said) => said["event"] === event);
      if (found !== undefined) return found;
      if (Date.now() > until || this.#process.exitCode !== null) {
        throw new Error(`no ${event}: ${JSON.stringify(this.#said)} ${this.#errors.join(" ")}`);
      }
      await new Promise<void>((resolve) => {
        const late = setTimeout(resolve, 200);
        this.#wake = () => {
          clearTimeout(late);
          resolve();
        };
      });
    }
  }

  stop(): void {
    this.#process.kill("SIGKILL");
  }

  /** Kill it and wait until it is gone. */
  async gone(): Promise<void> {
    const exited = new Promise((resolve) => this.#process.once("exit", resolve));
    this.stop();
    await exited;
  }
}

/** A home and the people of the command line at it. */
export class World {
  readonly folder = mkdtempSync(join(tmpdir(), "hamseda-web-"));
  readonly #running: Running[] = [];
  /** The address of the page: the home's door. */
  address = "";
  homeLink = "";

  #home: Running | null = null;
  #port = 0;

  /**
   * Start the home, on the port that it had; another `data` folder makes it another home.
   *
   * `hosts` are names of this machine: each makes an endpoint.
   */
  async start(
    data = "home",
    hosts: readonly string[] = [],
    settings: readonly string[] = [],
  ): Promise<void> {
    this.#port ||= await freePort();
    const port = this.#port;
    this.#home = this.run(
      [
        ...["serve", "--data", join(this.folder, data), "--host", "127.0.0.1"],
        ...["--port", String(this.#port)],
        ...[...RATIONS, ...settings].flatMap((setting) => ["--set", setting]),
        ...hosts.flatMap((host) => ["--public", `http://${host}:${port}`]),
      ],
      "home",
    );
    const said = await this.#home.waitFor("serving");
    this.homeLink = Object.values(said).find(isLink) ?? "";
    this.address = this.homeLink.replace(/#.*$/, "");
  }

  /** Kill the home as a power cut would. */
  async stopHome(): Promise<void> {
    await this.#home?.gone();
  }

  /** Start the command line as one person. */
  run(args: readonly string[], person: string): Running {
    const running = new Running(args, join(this.folder, `profile-${person}`));
    this.#running.push(running);
    return running;
  }

  stop(): void {
    for (const running of this.#running) running.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function isSaid(value: unknown): value is Said {
  return typeof value === "object" && value !== null;
}

function isLink(value: unknown): value is string {
  return typeof value === "string" && value.includes("#h=");
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => {
        resolve(port);
      });
    });
  });
}
