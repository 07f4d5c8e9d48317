import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "../_support/eventually.ts";
import type { World } from "../_support/world.ts";

/** What a server had stored at one time. */
export interface SavedStore extends AsyncDisposable {
  /** Takes the server back to it; resolves when the server answers again. */
  restore(): Promise<void>;
}

/** Keeps a copy of what a server has stored; the server is restarted. */
export async function saveStore({ server, nc }: World): Promise<SavedStore> {
  const folder = await mkdtemp(join(tmpdir(), "shizuku-store-"));
  const start = async () => {
    await server.restart();
    await reconnected(nc);
  };
  await server.stop({ keepStore: true });
  await cp(server.storeDir!, folder, { recursive: true });
  await start();
  return {
    async restore() {
      await server.stop({ keepStore: true });
      await rm(server.storeDir!, { recursive: true });
      await cp(folder, server.storeDir!, { recursive: true });
      await start();
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

/** Waits until the server answers again. */
export async function reconnected(nc: World["nc"]): Promise<void> {
  await eventually(() => nc.flush(), { timeoutMs: 30_000 });
}
