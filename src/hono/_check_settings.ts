import type { RpcOptions } from "./rpc.ts";

/** The options of `rpc()`, checked and complete. */
export type RpcSettings = Readonly<Required<RpcOptions>>;

/** Longest delay of a timer, in milliseconds. */
const MAX_TIMER_MS = 2_147_483_647;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const RESERVED = /^(nats|shizuku)-/i;

/**
 * Checks options and fills in what was left out.
 *
 * @throws {RangeError} If a number is out of range.
 * @throws {TypeError} If a header cannot be forwarded.
 */
export function checkSettings(options: RpcOptions): RpcSettings {
  const {
    maxBodyBytes = 1_048_576,
    maxTimeoutMs = 60_000,
    defaultTimeoutMs = 5_000,
    forwardHeaders = [],
  } = options;
  checkRange("maxBodyBytes", maxBodyBytes, Number.MAX_SAFE_INTEGER);
  checkRange("maxTimeoutMs", maxTimeoutMs, MAX_TIMER_MS);
  checkRange("defaultTimeoutMs", defaultTimeoutMs, MAX_TIMER_MS);
  forwardHeaders.forEach(checkHeaderName);
  return { maxBodyBytes, maxTimeoutMs, defaultTimeoutMs, forwardHeaders: [...forwardHeaders] };
}

function checkRange(name: string, value: number, max: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= max) return;
  throw new RangeError(
    `Cannot serve over HTTP as ${name} must be an integer from 1 to ${max}: ` +
      `current value is ${value}`,
  );
}

function checkHeaderName(name: string): void {
  if (TOKEN.test(name) && !RESERVED.test(name)) return;
  throw new TypeError(
    `Cannot forward a header as its name must be a token that does not start with Nats- or ` +
      `Shizuku-: current value is ${JSON.stringify(name)}`,
  );
}
