import type { Layer } from "../core/mod.ts";
import type { TransportResponse } from "../services/mod.ts";
import type { Expose } from "./_expose.ts";
import type { RpcCall, RpcLimits, RpcOptions } from "./rpc_options.ts";

/** The options of `rpc()`, checked and complete. */
export interface RpcSettings extends Required<RpcLimits> {
  /** Request headers that go along. */
  readonly headers: readonly string[];
  /** Around every call. */
  readonly layers: readonly Layer<RpcCall, TransportResponse>[];
  /** What may be called. */
  readonly expose: Expose | undefined;
}

/** Longest delay of a timer, in milliseconds. */
const MAX_TIMER_MS = 2_147_483_647;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Those of NATS and our own, and those that say how this one message is sent. */
const RESERVED = /^(nats|shizuku|connect|content|proxy)-|^(connection|host|te|upgrade)$/i;

/**
 * Checks options and fills in what was left out.
 *
 * @throws {RangeError} If a number is out of range.
 * @throws {TypeError} If a header cannot be forwarded.
 */
export function checkSettings(options: RpcOptions): RpcSettings {
  const { headers = [], layers = [], expose, limits = {} } = options;
  const {
    maxBodyBytes = 1_048_576,
    maxTimeoutMs = 60_000,
    defaultTimeoutMs = 5_000,
    gzipFromBytes = 1_024,
  } = limits;
  checkRange("maxBodyBytes", maxBodyBytes, Number.MAX_SAFE_INTEGER);
  checkRange("maxTimeoutMs", maxTimeoutMs, MAX_TIMER_MS);
  checkRange("defaultTimeoutMs", defaultTimeoutMs, MAX_TIMER_MS);
  if (gzipFromBytes !== Infinity) {
    checkRange("gzipFromBytes", gzipFromBytes, Number.MAX_SAFE_INTEGER);
  }
  headers.forEach(checkHeaderName);
  const numbers = { maxBodyBytes, maxTimeoutMs, defaultTimeoutMs, gzipFromBytes };
  return { ...numbers, headers: [...headers], layers, expose };
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
    `Cannot forward a header as its name must be a token, and none that is reserved such as ` +
      `Nats-*: current value is ${JSON.stringify(name)}`,
  );
}
