/**
 * Something that happened to a service's connection or subscriptions.
 *
 * @example
 * ```ts ignore
 * import { serve } from "@shizuku/shizuku/services";
 *
 * await using service = await serve(nc, GreetService, greeter, {
 *   onEvent: (event) => {
 *     if (event.type === "subscription_error") console.warn(event.subject, event.error.message);
 *   },
 * });
 * ```
 */
export type ServiceEvent =
  | {
    /** A subject cannot be listened on; it is tried again until the service stops. */
    readonly type: "subscription_error";
    /** The subject. */
    readonly subject: string;
    /** Why. */
    readonly error: Error;
  }
  | {
    /** A subject that could not be listened on is listened on again. */
    readonly type: "subscription_restored";
    /** The subject. */
    readonly subject: string;
  }
  | {
    /**
     * The connection is lost, back again, or the service takes messages more slowly than they come.
     */
    readonly type: "disconnect" | "reconnect" | "slow_consumer";
  };
