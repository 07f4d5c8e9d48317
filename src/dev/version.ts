/** The version of nats-server that is downloaded or built when none is found. */
export const NATS_SERVER_VERSION = "2.15.2";

/** The oldest nats-server that is accepted: 2.11 brought per-message and per-key TTL. */
export const NATS_SERVER_MINIMUM = "2.11.0";
