/**
 * Puts the namespace of an application before a subject: `staging` and `flights.reported.ORD` give
 * `staging.flights.reported.ORD`. Without a namespace the subject stays as it is.
 *
 * @example
 * ```ts
 * import { inNamespace } from "@shizuku/shizuku/core";
 *
 * console.log(inNamespace("staging", "flights.reported.ORD")); // staging.flights.reported.ORD
 * console.log(inNamespace(undefined, "flights.reported.ORD")); // flights.reported.ORD
 * ```
 */
export function inNamespace(namespace: string | undefined, subject: string): string {
  return namespace ? `${namespace}.${subject}` : subject;
}

/**
 * Name of a stream, a bucket or a durable consumer: the parts joined by `_`, the namespace first.
 * Dots, which NATS does not allow in such names, become `-`.
 *
 * @example
 * ```ts
 * import { resourceName } from "@shizuku/shizuku/core";
 *
 * console.log(resourceName("staging", "flights", "delays.v1")); // staging_flights_delays-v1
 * ```
 */
export function resourceName(namespace: string | undefined, ...parts: readonly string[]): string {
  return (namespace ? [namespace, ...parts] : parts).join("_").replaceAll(".", "-");
}
