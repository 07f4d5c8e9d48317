import process from "node:process";

/**
 * What is being done to get a nats-server.
 *
 * @example How long each phase takes
 * ```ts
 * import { startNatsServer } from "@shizuku/shizuku/dev";
 *
 * const startedAt = performance.now();
 * await using server = await startNatsServer({
 *   onProgress: ({ phase }) => console.log(phase, Math.round(performance.now() - startedAt)),
 * });
 * ```
 */
export type NatsServerPhase =
  | "search"
  | "wait"
  | "download"
  | "verify"
  | "extract"
  | "build"
  | "start";

/**
 * One step on the way to a nats-server.
 *
 * @example
 * ```ts ignore
 * import { findNatsServer } from "@shizuku/shizuku/dev";
 *
 * await findNatsServer({
 *   onProgress: ({ message, done, total }) => {
 *     console.log(total ? `${message}: ${Math.round(100 * (done ?? 0) / total)} %` : message);
 *   },
 * });
 * ```
 */
export interface NatsServerProgress {
  /** What is being done. */
  readonly phase: NatsServerPhase;
  /** The same for people, without a line break. */
  readonly message: string;
  /** How far it is: bytes while downloading, packages while building. */
  readonly done?: number;
  /** The end of `done`, when it is known. */
  readonly total?: number;
}

/**
 * Hears of every step on the way to a nats-server.
 *
 * @example
 * ```ts
 * import { type OnNatsServerProgress, startNatsServer } from "@shizuku/shizuku/dev";
 *
 * const messages: string[] = [];
 * const onProgress: OnNatsServerProgress = ({ message }) => void messages.push(message);
 * await using server = await startNatsServer({ onProgress });
 * ```
 */
export type OnNatsServerProgress = (progress: NatsServerProgress) => void;

/**
 * Where {@linkcode progressTo} writes; `process.stderr` is one.
 *
 * @example
 * ```ts
 * import { progressTo } from "@shizuku/shizuku/dev";
 *
 * const lines: string[] = [];
 * const report = progressTo({ write: (text) => lines.push(text) });
 * report({ phase: "start", message: "starting nats-server" });
 * console.log(lines.length); // 1
 * ```
 */
export interface ProgressOutput {
  /** Whether lines can be rewritten in place. */
  readonly isTTY?: boolean;
  /** Takes a piece of text. */
  write(text: string): unknown;
}

const QUIET_MS = 10_000;

/**
 * Makes a reporter that writes progress as lines.
 *
 * A terminal gets one line per message, rewritten in place while `done` grows. Anything else, such
 * as a CI log, gets a line per message and at most one every 10 seconds for the rest.
 *
 * @param output Where to write. Default: standard error.
 * @param now A clock, in milliseconds.
 * @example Progress of a start as lines on standard output
 * ```ts
 * import { progressTo, startNatsServer } from "@shizuku/shizuku/dev";
 * import process from "node:process";
 *
 * await using server = await startNatsServer({ onProgress: progressTo(process.stdout) });
 * ```
 */
export function progressTo(
  output: ProgressOutput = process.stderr,
  now: () => number = Date.now,
): OnNatsServerProgress {
  let last = { message: "", at: -Infinity, open: false };
  return (progress) => {
    const same = progress.message === last.message;
    const text = progressText(progress);
    if (output.isTTY) {
      const isOpen = progress.done !== undefined && progress.done !== progress.total;
      const start = last.open ? (same ? "\r\x1b[K" : "\n") : "";
      output.write(`${start}${text}${isOpen ? "" : "\n"}`);
      last = { message: progress.message, at: now(), open: isOpen };
    } else if (!same || now() - last.at >= QUIET_MS) {
      output.write(`${text}\n`);
      last = { message: progress.message, at: now(), open: false };
    }
  };
}

function progressText({ phase, message, done, total }: NatsServerProgress): string {
  if (done === undefined) return `nats-server: ${message}`;
  const amount = phase === "download"
    ? `${megabytes(done)}${total === undefined ? "" : ` of ${megabytes(total)}`} MB`
    : `${done}${total === undefined ? "" : ` of ${total}`} packages`;
  return `nats-server: ${message} (${amount})`;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
