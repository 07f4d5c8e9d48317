import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import type { LockMode } from "../../../src/kv/mod.ts";
import { sharedNow } from "./_clock.ts";

/** What a contender notes, each at a time on the shared clock. */
export type HistoryEvent =
  /** It asks for the lock. */
  | readonly ["invoke", id: string, at: number, mode: LockMode]
  /** It was granted, and believed at `at` in its lease. */
  | readonly ["granted", id: string, at: number, fence: number]
  /** It still believed in its lease. */
  | readonly ["valid", id: string, at: number]
  /** It has released; the last time that it believed in its lease is another one. */
  | readonly ["released", id: string, at: number, lastValid: number]
  /** It has lost the lease. */
  | readonly ["lost", id: string, at: number, lastValid: number, reason: string]
  /** It gave up before it was granted, or was told that there was an error. */
  | readonly ["canceled", id: string, at: number, code: string]
  /** Its wall clock is set: what it loses then, it loses rightly. */
  | readonly ["clock", id: string, at: number, what: string]
  /** Its event loop and a round trip to the server took so much longer, in milliseconds. */
  | readonly ["slow", id: string, at: number, ms: number]
  /** It ended as it should; nothing of it may be left. */
  | readonly ["ended", id: string, at: number];

/** Writes the events of one process, so that they outlive it. */
export class HistoryLog implements Disposable {
  readonly #file: number;

  constructor(path: string) {
    this.#file = openSync(path, "a");
  }

  /** Notes an event that happens now. */
  note(type: HistoryEvent[0], id: string, ...rest: readonly (string | number)[]): number {
    const at = sharedNow();
    this.noteAt(type, id, at, ...rest);
    return at;
  }

  /** Notes an event. It is in the file when this returns, also if the process is killed then. */
  noteAt(
    type: HistoryEvent[0],
    id: string,
    at: number,
    ...rest: readonly (string | number)[]
  ): void {
    writeSync(this.#file, `${JSON.stringify([type, id, round(at), ...rest])}\n`);
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
  }
}

/** Microseconds are enough. */
export function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

/** Reads what a process has noted; its last line may be half written. */
export function readHistory(path: string): HistoryEvent[] {
  const lines = readFileSync(path, "utf8").split("\n");
  return lines.slice(0, -1).map((line) => JSON.parse(line));
}
