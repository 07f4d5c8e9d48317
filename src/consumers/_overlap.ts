/** Whether some subject belongs to both filters. */
export function overlap(left: string, right: string): boolean {
  const [a, b] = [left.split("."), right.split(".")];
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const [one, two] = [a[index]!, b[index]!];
    if (one === ">" || two === ">") return true;
    if (one !== two && one !== "*" && two !== "*") return false;
  }
  return a.length === b.length;
}
