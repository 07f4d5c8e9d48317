/**
 * The version of nats-server that is downloaded or built when none is found.
 *
 * @example
 * ```ts
 * import { NATS_SERVER_VERSION } from "@shizuku/shizuku/dev";
 *
 * console.log(`Tests run on nats-server ${NATS_SERVER_VERSION}, or a newer one`);
 * ```
 */
export const NATS_SERVER_VERSION = "2.15.2";

/**
 * The oldest nats-server that is accepted: 2.11 brought per-message and per-key TTL.
 *
 * @example
 * ```ts
 * import { NATS_SERVER_MINIMUM } from "@shizuku/shizuku/dev";
 *
 * console.log(`Needs nats-server ${NATS_SERVER_MINIMUM} or newer`);
 * ```
 */
export const NATS_SERVER_MINIMUM = "2.11.0";
