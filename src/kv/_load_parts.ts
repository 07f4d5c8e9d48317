/** Loads what not every user of a bucket needs, or gives it if it is there. */
export function loadParts(): Promise<typeof import("./_parts.ts")> {
  return import("./_parts.ts");
}
