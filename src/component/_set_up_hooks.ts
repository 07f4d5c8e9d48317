import type { HookDefinition } from "../consumers/mod.ts";
import { declaredHooks, isDeclaration } from "./_component_hooks.ts";
import type { AnyComponent, AnyParts } from "./component.ts";
import { completeHook, type HookDeclaration } from "./hook_on.ts";

/** Whether a hook was known before its component was set up. */
export function isDeclared(component: AnyComponent, { name }: HookDefinition): boolean {
  return declaredHooks(component).some((hook) => hook.name === name);
}

/**
 * All hooks of a component that is set up.
 *
 * @throws {TypeError} If what a declared hook does is missing, or is there for one that was not
 * declared.
 */
export function hooksOf(component: AnyComponent, parts: AnyParts): HookDefinition[] {
  const { name, hooks } = component;
  const complete = Object.values(hooks).filter((hook) => !isDeclaration(hook));
  const open = Object.entries(hooks).filter(([, hook]) => isDeclaration(hook));
  if (open.length === 0) {
    return [...complete as HookDefinition[], ...parts.hooks as HookDefinition[] ?? []];
  }
  const brought = (parts.hooks ?? {}) as Readonly<Record<string, never>>;
  const names = open.map(([key]) => key);
  const wrong = [
    ...names.filter((key) => brought[key] === undefined).map((key) => `${key} is missing`),
    ...Object.keys(brought).filter((key) => !names.includes(key))
      .map((key) => `${key} is not declared`),
  ];
  if (wrong.length > 0) {
    throw new TypeError(
      `Cannot set up component ${name} as setup() must return what its declared hooks do: ` +
        wrong.join(", "),
    );
  }
  return [
    ...complete as HookDefinition[],
    ...open.map(([key, hook]) => completeHook(key, hook as HookDeclaration, brought[key]!)),
  ];
}
