import { checkClashes } from "./_check_clashes.ts";
import type { AnyComponent } from "./component.ts";

/**
 * Puts components in the order in which they can start: what is used comes first.
 *
 * @throws {TypeError} If they clash, one that is used is missing, or they use each other in a circle;
 * they are named.
 */
export function startOrder(components: readonly AnyComponent[]): AnyComponent[] {
  checkClashes(components);
  const ordered: AnyComponent[] = [];
  for (const component of components) visit(component, components, ordered, []);
  return ordered;
}

function visit(
  component: AnyComponent,
  all: readonly AnyComponent[],
  ordered: AnyComponent[],
  path: readonly AnyComponent[],
): void {
  if (ordered.includes(component)) return;
  const circle = [...path.slice(path.indexOf(component)), component].map(({ name }) => name);
  if (path.includes(component)) {
    throw new TypeError(
      `Cannot start: components use each other in a circle: ${circle.join(" -> ")}`,
    );
  }
  for (const used of Object.values(component.uses)) {
    if (!all.includes(used)) {
      throw new TypeError(
        `Cannot start component ${component.name} as it uses ${used.name}, which is not among ` +
          `the components: ${all.map(({ name }) => name).join(", ")}`,
      );
    }
    visit(used, all, ordered, [...path, component]);
  }
  ordered.push(component);
}
