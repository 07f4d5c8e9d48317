/**
 * Whether some subject belongs to both filters.
 *
 * @example
 * ```ts
 * import { subjectsOverlap } from "@shizuku/shizuku/consumers";
 *
 * console.log(subjectsOverlap("ticket.*.closed", "ticket.7.>")); // true
 * console.log(subjectsOverlap("ticket.*.closed", "ticket.7")); // false
 * ```
 */
export function overlap(left: string, right: string): boolean {
  const [a, b] = [left.split("."), right.split(".")];
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const [one, two] = [a[index]!, b[index]!];
    if (one === ">" || two === ">") return true;
    if (one !== two && one !== "*" && two !== "*") return false;
  }
  return a.length === b.length;
}
