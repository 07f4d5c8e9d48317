import type { AnyComponent } from "./component.ts";

/**
 * Checks that all is provided which components need.
 *
 * @throws {TypeError} If something is missing; the message names it and who needs it.
 */
export function checkProvided(
  components: readonly AnyComponent[],
  provide: Readonly<Record<string, unknown>>,
): void {
  const missing = components.flatMap(({ name, requires }) =>
    Object.entries(requires).filter(([key]) => provide[key] === undefined)
      .map(([key, { description }]) =>
        `${key}, which ${name} requires${description === undefined ? "" : ` (${description})`}`
      )
  );
  if (missing.length === 0) return;
  throw new TypeError(
    `Cannot start as provide must have ${missing.join(", ")}: ` +
      `there are ${Object.keys(provide).join(", ") || "none"}`,
  );
}
