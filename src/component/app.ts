import { borderOf } from "../connection/mod.ts";
import { checkProvided } from "./_check_provided.ts";
import type { AnyAppOptions, AppOptions } from "./app_options.ts";
import type { AnyComponent } from "./component.ts";
import { selectComponents } from "./only.ts";
import type { RunningApp } from "./running_app.ts";
import { startOrder } from "./start_order.ts";

/**
 * An application that can be started.
 *
 * @example Declared in one place, started in another
 * ```ts ignore
 * import { type App, createApp } from "@shizuku/shizuku/component";
 *
 * const app: App = createApp({ nc, components: [user, ticket] });
 * await using running = await app.start();
 * ```
 */
export interface App {
  /**
   * Starts everything: streams, buckets and consumers first, then the hooks, then the services.
   *
   * @throws If anything cannot start; what had been started is stopped again.
   */
  start(): Promise<RunningApp>;
}

/**
 * Joins components to an application on one connection.
 *
 * What the components need and have settings for is asked for by its type: `provide` and `config`.
 *
 * @throws {TypeError} If components clash, lack each other or what they need, or use each other in a
 * circle; all are named.
 * @example
 * ```ts ignore
 * import { createApp } from "@shizuku/shizuku/component";
 *
 * await using app = await createApp({ nc, components: [user, ticket], provide: { db } }).start();
 * ```
 */
export function createApp<const C extends readonly AnyComponent[]>(options: AppOptions<C>): App {
  const all: AnyAppOptions = options;
  const components = startOrder(all.components);
  const selection = selectComponents(components, all.only);
  checkProvided(selection.setUp, all.provide ?? {});
  borderOf(all.nc);
  return {
    async start() {
      const { Application } = await import("./_application.ts");
      const app = new Application(all, components, selection);
      try {
        await app.start();
      } catch (error) {
        await app.stop();
        throw error;
      }
      return app;
    },
  };
}
