import { serve, type Service } from "../../src/services/mod.ts";
import type { World } from "../_support/world.ts";
import { OutsideService } from "./_cases.ts";

/** Answers what the cases ask of another process. */
export function serveOutside({ nc }: World): Promise<Service> {
  return serve(nc, OutsideService, { twice: (n) => n * 2 });
}
