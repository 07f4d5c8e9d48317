import { inNamespace, resourceName } from "../core/mod.ts";
import type { ConsumerPlace } from "./ensure_consumer.ts";

/**
 * Streams and subjects that a component's hooks have for themselves.
 *
 * @example
 * ```ts
 * import { hookNames } from "@shizuku/shizuku/consumers";
 *
 * const { letters, redrives, letter } = hookNames({ component: "delays" });
 * console.log(letters, redrives); // delays_dead delays_redrive
 * console.log(letter("count", ">")); // dead.delays.count.>
 * ```
 */
export interface HookNames {
  /** Stream of the dead letters. */
  readonly letters: string;
  /** Stream of the copies that are tried anew. */
  readonly redrives: string;
  /** Stream that counts tries. */
  readonly tries: string;
  /** Subject of a dead letter; `>` for the key gives all of a hook, `*` for the hook those of all. */
  letter(hook: string, key: string): string;
  /** Subject of a copy that is tried anew. */
  redrive(hook: string, key: string): string;
  /** Subject of the number of tries of a message. */
  tried(hook: string, key: string): string;
}

/**
 * The names of what a component's hooks have for themselves.
 *
 * @example
 * ```ts
 * import { hookNames } from "@shizuku/shizuku/consumers";
 *
 * const names = hookNames({ component: "delays", namespace: "staging" });
 * console.log(names.tries); // staging_delays_tries
 * ```
 */
export function hookNames({ component, namespace }: ConsumerPlace): HookNames {
  const subject = (kind: string) => (hook: string, key: string) =>
    inNamespace(namespace, `${kind}.${component}.${hook}.${key}`);
  return {
    letters: resourceName(namespace, component, "dead"),
    redrives: resourceName(namespace, component, "redrive"),
    tries: resourceName(namespace, component, "tries"),
    letter: subject("dead"),
    redrive: subject("redrive"),
    tried: subject("tries"),
  };
}
