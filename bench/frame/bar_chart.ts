import { element, picture, text } from "./svg.ts";

/** One bar. */
export interface Bar {
  readonly label: string;
  /** What it is, for its colour. */
  readonly kind: "ours" | "raw" | "floor" | "other";
  /** Its length. */
  readonly value: number;
  /** Smallest and largest of the rounds. */
  readonly spread?: readonly [least: number, most: number];
  /** What stands at its end. */
  readonly text: string;
}

/** Bars that belong together. */
export interface BarGroup {
  readonly title: string;
  readonly bars: readonly Bar[];
}

/** What a chart of bars shows. */
export interface BarChart {
  readonly title: string;
  readonly subtitle: string;
  readonly groups: readonly BarGroup[];
  /** Marks this value with a line through all bars, such as the baseline's 1. */
  readonly mark?: number;
}

const WIDTH = 830;
const [LEFT_LEAST, LEFT_MOST] = [120, 300];
const RIGHT = 150;
const BAR = 14;
const STEP = 20;
const HEAD = 26;
const TOP = 62;
const BOTTOM = 16;

/** Draws bars that lie, in groups, on one scale. */
export function drawBars({ title, subtitle, groups, mark }: BarChart): string {
  const bars = groups.flatMap(({ bars }) => bars);
  const most = longestOf(bars);
  const left = leftOf(bars);
  const scale = (value: number) => left + Math.min(1, value / (most || 1)) * (WIDTH - left - RIGHT);
  const colours = coloursOf(bars);
  const parts = [
    text(title, 20, 30, { class: "title" }),
    text(subtitle, 20, 49, { class: "faint" }),
  ];
  let y = TOP;
  for (const group of groups) {
    parts.push(text(group.title, 20, y + 17, { class: "head" }));
    y += HEAD;
    const height = group.bars.length * STEP;
    if (mark !== undefined) {
      parts.push(
        element("line", {
          class: "one",
          x1: scale(mark),
          x2: scale(mark),
          y1: y - 4,
          y2: y + height,
        }),
      );
    }
    for (const bar of group.bars) {
      parts.push(...drawBar(bar, colours.get(bar.label)!, y, scale));
      y += STEP;
    }
  }
  return picture(WIDTH, y + BOTTOM, `${title}. ${subtitle}`, parts);
}

function drawBar(
  { label, value, spread, text: end }: Bar,
  colour: string,
  y: number,
  scale: (value: number) => number,
): string[] {
  const [left, middle] = [scale(0), y + BAR / 2];
  const parts = [
    text(label, left - 10, middle + 4, { "text-anchor": "end" }),
    element("rect", {
      class: colour,
      x: left,
      y,
      width: Math.max(1, scale(value) - left),
      height: BAR,
      rx: 3,
    }),
  ];
  const endsAt = scale(Math.max(value, spread?.[1] ?? 0));
  if (spread !== undefined) {
    const [x1, x2] = spread.map(scale);
    parts.push(element("line", { class: "spread", x1, x2, y1: middle, y2: middle }));
  }
  parts.push(text(end, endsAt + 8, middle + 4, { class: "number" }));
  return parts;
}

/** What takes all of the room: a round that was far off must not make all bars short. */
function longestOf(bars: readonly Bar[]): number {
  const longest = Math.max(0, ...bars.map(({ value }) => value));
  const widest = Math.max(longest, ...bars.map(({ spread }) => spread?.[1] ?? 0));
  return Math.min(widest, 1.5 * longest);
}

/** Room for the longest label, which is measured roughly: fonts differ. */
function leftOf(bars: readonly Bar[]): number {
  const longest = Math.max(0, ...bars.map(({ label }) => label.length));
  return Math.min(LEFT_MOST, Math.max(LEFT_LEAST, 40 + 6.8 * longest));
}

/** A colour for each label; rivals have their own, in the order in which they come. */
function coloursOf(bars: readonly Bar[]): Map<string, string> {
  const colours = new Map<string, string>();
  let rivals = 0;
  for (const { label, kind } of bars) {
    if (colours.has(label)) continue;
    colours.set(label, kind === "other" ? `other${rivals++ % 4 + 1}` : kind);
  }
  return colours;
}
