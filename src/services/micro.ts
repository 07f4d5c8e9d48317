import type { Msg, NatsConnection, Subscription } from "@nats-io/nats-core";
import type { EndpointFigures } from "./endpoint_stats.ts";

/**
 * What the answers to `$SRV.*` begin with.
 *
 * @example
 * ```ts ignore
 * import { discover } from "@shizuku/shizuku/services";
 *
 * for await (const { name, id, version } of discover(nc).ping()) console.log(name, id, version);
 * ```
 */
export interface MicroIdentity {
  /** Kind of the answer, such as `io.nats.micro.v1.info_response`. */
  readonly type: string;
  /** Name of the service. */
  readonly name: string;
  /** Identifies the instance. */
  readonly id: string;
  /** Version (semver). */
  readonly version: string;
  /** What the service says of itself. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * An endpoint as `$SRV.INFO` tells it.
 *
 * @example
 * ```ts ignore
 * import { discover } from "@shizuku/shizuku/services";
 *
 * for await (const { endpoints } of discover(nc).info({ name: "GreetService" })) {
 *   for (const { name, subject } of endpoints) console.log(name, subject);
 * }
 * ```
 */
export interface MicroEndpointInfo {
  /** Name of the endpoint. */
  readonly name: string;
  /** Subject on which it answers. */
  readonly subject: string;
  /** Queue group; the empty text if each instance answers. */
  readonly queue_group: string;
  /** What the endpoint says of itself. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * The answer to `$SRV.INFO`.
 *
 * @example
 * ```ts ignore
 * import { discover } from "@shizuku/shizuku/services";
 *
 * for await (const { name, description, endpoints } of discover(nc).info()) {
 *   console.log(name, description, endpoints.length);
 * }
 * ```
 */
export interface MicroInfo extends MicroIdentity {
  /** For people. */
  readonly description: string;
  /** The endpoints. */
  readonly endpoints: readonly MicroEndpointInfo[];
}

/**
 * An endpoint as `$SRV.STATS` tells it.
 *
 * @example
 * ```ts ignore
 * import { discover } from "@shizuku/shizuku/services";
 *
 * for await (const { endpoints } of discover(nc).stats()) {
 *   for (const { subject, num_requests, last_error } of endpoints) {
 *     console.log(subject, num_requests, last_error);
 *   }
 * }
 * ```
 */
export interface MicroEndpointStats extends EndpointFigures {
  /** Name of the endpoint. */
  readonly name: string;
  /** Subject on which it answers. */
  readonly subject: string;
  /** Queue group. */
  readonly queue_group: string;
}

/**
 * The answer to `$SRV.STATS`.
 *
 * @example
 * ```ts ignore
 * import { discover } from "@shizuku/shizuku/services";
 *
 * for await (const { name, id, started } of discover(nc).stats()) {
 *   console.log(name, id, `up since ${started}`);
 * }
 * ```
 */
export interface MicroStats extends MicroIdentity {
  /** When the instance started, as ISO 8601. */
  readonly started: string;
  /** The endpoints. */
  readonly endpoints: readonly MicroEndpointStats[];
}

/** What is told of an instance. */
export interface MicroSource {
  /** The answer to `$SRV.INFO`, apart from its type. */
  readonly info: Omit<MicroInfo, "type">;
  /** When it started, as ISO 8601. */
  readonly started: string;
  /** Hears that a question cannot be listened to: the service works without. */
  onRefused?(error: Error): void;
  /** Figures of an endpoint, by name. */
  figures(endpoint: string): EndpointFigures;
}

/** Kinds of questions. */
export type MicroVerb = "PING" | "INFO" | "STATS";

/**
 * Answers `$SRV.PING`, `$SRV.INFO` and `$SRV.STATS`: to all, by name, and by name and id.
 *
 * @returns The subscriptions.
 * @see ADR-32 (NATS service API)
 */
export function answerMicro(nc: NatsConnection, source: MicroSource): Subscription[] {
  const { name, id } = source.info;
  const verbs: readonly MicroVerb[] = ["PING", "INFO", "STATS"];
  return verbs.flatMap((verb) => {
    const callback = (error: Error | null, message: Msg) => {
      if (error !== null) return source.onRefused?.(error);
      message.respond(JSON.stringify(microAnswer(verb, source)));
    };
    return ["", `.${name}`, `.${name}.${id}`].map((scope) =>
      nc.subscribe(`$SRV.${verb}${scope}`, { callback })
    );
  });
}

/** The answer to one question. */
export function microAnswer(
  verb: MicroVerb,
  { info, started, figures }: MicroSource,
): MicroIdentity | MicroInfo | MicroStats {
  const { name, id, version, metadata, endpoints } = info;
  const type = `io.nats.micro.v1.${verb.toLowerCase()}_response`;
  if (verb === "INFO") return { ...info, type };
  if (verb === "PING") return { type, name, id, version, metadata };
  return {
    type,
    name,
    id,
    version,
    metadata,
    started,
    endpoints: endpoints.map(({ name, subject, queue_group }) => ({
      name,
      subject,
      queue_group,
      ...figures(name),
    })),
  };
}
