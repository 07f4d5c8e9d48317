import type { HookDefinition } from "../consumers/mod.ts";
import type { AnyComponent } from "./component.ts";
import { completeHook, type HookDeclaration } from "./hook_on.ts";

/** A hook, and whose it is. */
export interface OwnedHook {
  readonly component: AnyComponent;
  readonly hook: HookDefinition;
}

/** A hook that is known before `setup()` runs; what it does may come later. */
export function declaredHooks({ hooks }: AnyComponent): HookDefinition[] {
  return Object.entries(hooks).map(([name, hook]) =>
    isDeclaration(hook) ? completeHook(name, hook, notYet) : hook as HookDefinition
  );
}

/** The hooks that are known before `setup()` runs, each with its component. */
export function declaredHooksOf(components: readonly AnyComponent[]): OwnedHook[] {
  return components.flatMap((component) =>
    declaredHooks(component).map((hook) => ({ component, hook }))
  );
}

function notYet(): never {
  throw new Error("This hook does not run here");
}

/** Whether what a hook does is brought by `setup()`. */
export function isDeclaration(hook: HookDeclaration | HookDefinition): hook is HookDeclaration {
  return "kind" in hook;
}
