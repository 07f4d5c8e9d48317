import { element, picture, text } from "./svg.ts";

/** One curve. */
export interface Curve {
  readonly label: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** What a chart of curves shows; both axes are logarithmic. */
export interface LineChart {
  readonly title: string;
  readonly subtitle: string;
  /** Unit of the upright axis. */
  readonly unit: string;
  readonly curves: readonly Curve[];
}

const [WIDTH, HEIGHT] = [830, 380];
const [LEFT, RIGHT, TOP, BOTTOM] = [70, 210, 76, 40];
const COLOURS = ["ours", "other1", "other2", "other3", "other4"];
const LABEL_STEP = 15;

/** Draws curves over how many there are of something. */
export function drawCurves({ title, subtitle, unit, curves }: LineChart): string {
  const points = curves.flatMap(({ points }) => points);
  const across = axis(points.map(([x]) => x), LEFT, WIDTH - RIGHT);
  const upright = axis(points.map(([, y]) => y), HEIGHT - BOTTOM, TOP);
  const parts = [
    text(title, 20, 30, { class: "title" }),
    text(subtitle, 20, 49, { class: "faint" }),
    text(unit, LEFT - 10, TOP - 10, { class: "faint", "text-anchor": "end" }),
    ...upright.ticks.flatMap((tick) => drawRule(tick, upright.place(tick))),
    ...across.ticks.map((tick) =>
      text(tick.toLocaleString("en"), across.place(tick), HEIGHT - BOTTOM + 20, {
        class: "faint number",
        "text-anchor": "middle",
      })
    ),
  ];
  const ends = spaced(curves.map(({ points }) => upright.place(points.at(-1)?.[1] ?? 1)));
  for (const [index, { label, points }] of curves.entries()) {
    const colour = COLOURS[index % COLOURS.length]!;
    const places = points.map(([x, y]) => [across.place(x), upright.place(y)] as const);
    const d = places.map(([x, y], n) => `${n === 0 ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`);
    parts.push(element("path", { class: `line ${colour}`, d: d.join("") }));
    for (const [cx, cy] of places) parts.push(element("circle", { class: colour, cx, cy, r: 3 }));
    parts.push(text(label, WIDTH - RIGHT + 12, ends[index]! + 4));
  }
  return picture(WIDTH, HEIGHT, `${title}. ${subtitle}`, parts);
}

function drawRule(tick: number, y: number): string[] {
  return [
    element("line", { class: "grid", x1: LEFT, x2: WIDTH - RIGHT, y1: y, y2: y }),
    text(tick.toLocaleString("en"), LEFT - 10, y + 4, {
      class: "faint number",
      "text-anchor": "end",
    }),
  ];
}

/** A logarithmic axis from one power of ten to another. */
function axis(
  values: readonly number[],
  from: number,
  to: number,
): { ticks: number[]; place: (value: number) => number } {
  const low = Math.floor(Math.log10(Math.min(...values)) + 1e-9);
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values)) - 1e-9));
  return {
    ticks: Array.from({ length: high - low + 1 }, (_, index) => Number(`1e${low + index}`)),
    place: (value) => from + (Math.log10(value) - low) / (high - low) * (to - from),
  };
}

/** Moves places apart, so that labels there do not cover each other; keeps their order. */
export function spaced(places: readonly number[]): number[] {
  const order = [...places.keys()].sort((left, right) => places[left]! - places[right]!);
  const moved = [...places];
  for (const [rank, index] of order.entries()) {
    const above = moved[order[rank - 1] ?? -1] ?? -Infinity;
    moved[index] = Math.max(places[index]!, above + LABEL_STEP);
  }
  return moved;
}
