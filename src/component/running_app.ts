import type { HookConsumer } from "../consumers/mod.ts";
import type { Client, ServiceContract, Transport } from "../services/mod.ts";
import type { AnyComponent, Component } from "./component.ts";

/**
 * How an application is.
 *
 * @example
 * ```ts ignore
 * const { ok, reasons, warnings } = running.health();
 * if (!ok) console.error(reasons.join("; "));
 * for (const warning of warnings) console.warn(warning);
 * ```
 */
export interface Health {
  /** Whether everything works. */
  readonly ok: boolean;
  /** What does not, in words. */
  readonly reasons: readonly string[];
  /** What works and may be wrong all the same, in words. */
  readonly warnings: readonly string[];
}

/**
 * A hook that runs, and whose it is.
 *
 * @example
 * ```ts ignore
 * for (const { component, consumer } of running.hooks) console.log(component, consumer.name);
 * ```
 */
export interface RunningHook {
  /** Name of the component. */
  readonly component: string;
  /** The hook. */
  readonly consumer: HookConsumer;
}

/**
 * An application that runs.
 *
 * @example
 * ```ts ignore
 * import { createApp, type RunningApp } from "@shizuku/shizuku/component";
 *
 * await using running: RunningApp = await createApp({ nc, components: [user, ticket] }).start();
 * const client = running.client(TicketService);
 * console.log(running.health().ok, running.shared(user));
 * ```
 */
export interface RunningApp extends AsyncDisposable {
  /** The components that run here. */
  readonly components: readonly AnyComponent[];
  /** Contracts of all RPC of the application, whether it is answered here or elsewhere. */
  readonly contracts: readonly ServiceContract[];
  /** Calls RPC: within the process where the component is here, over NATS otherwise. */
  readonly transport: Transport;
  /** The hooks that run here. */
  readonly hooks: readonly RunningHook[];
  /** Makes a client of RPC, for presentation layers and tests. */
  client<S extends ServiceContract>(contract: S): Client<S>;
  /**
   * What a component shares.
   *
   * @throws {TypeError} If it is not set up here.
   */
  shared<Shared>(component: Component<Shared>): Shared;
  /**
   * Whether it can do its work at this moment: readiness. A connection that is lost and comes back
   * by itself, a hook that does not receive and a service that does not hear are reasons.
   */
  health(): Health;
  /**
   * Whether it can still get well by itself: liveness. A connection that is closed for good, a hook
   * or a service that has ended are reasons to start the process anew.
   */
  liveness(): Health;
  /** Stops the services, then the hooks, then the rest, in reverse order. */
  stop(): Promise<void>;
}
