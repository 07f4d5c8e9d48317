/**
 * Derives the outline of the map from vega-datasets.
 *
 * `us_outline_process.ts path/to/us-10m.json > page/us_outline.txt`
 *
 * The input holds the counties and states of the US as TopoJSON (640 kB). The output holds the
 * coasts as closed lines, then the borders between states, simplified to what the page can show:
 * one line of text for each, in Google's polyline encoding with two decimals, the two groups apart
 * by an empty line.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import process from "node:process";

type Point = [longitude: number, latitude: number];

interface Topology {
  arcs: [number, number][][];
  transform: { scale: [number, number]; translate: [number, number] };
  objects: { states: { geometries: { arcs: number[][] | number[][][] }[] } };
}

const path = process.argv[2];
if (path === undefined) throw new Error("Name the path of us-10m.json");
const topology = JSON.parse(await readFile(path, "utf8")) as Topology;
const { coasts, borders } = lines(topology);
const encode = (group: Point[][]) => group.map((line) => `${encodePolyline(line)}\n`).join("");
process.stdout.write(`${encode(joinRings(coasts).filter(isVisible))}\n${encode(borders)}`);

/** Splits the states' edges into coasts (of one state) and borders (of two), joined and simplified. */
function lines({ arcs, transform, objects }: Topology): { coasts: Point[][]; borders: Point[][] } {
  const uses = new Map<number, number>();
  for (const { arcs: geometry } of objects.states.geometries) {
    for (const arc of (geometry as number[][][]).flat(Infinity) as unknown as number[]) {
      // A negative index stands for the arc run backwards.
      const index = arc < 0 ? ~arc : arc;
      uses.set(index, (uses.get(index) ?? 0) + 1);
    }
  }
  const decoded = (wanted: number) =>
    [...uses].filter(([, count]) => count === wanted)
      .map(([index]) => decodeArc(arcs[index]!, transform));
  const [coastArcs, borderArcs] = [decoded(1), decoded(2)];
  // Where borders end the coasts must keep their point, or the two would drift apart.
  const ends = countEnds([...coastArcs, ...borderArcs]);
  const simplified = (group: Point[][]) =>
    joinLines(group, (point) => ends.get(point) === 2).map(simplify);
  return { coasts: simplified(coastArcs), borders: simplified(borderArcs) };
}

function decodeArc(arc: [number, number][], { scale, translate }: Topology["transform"]): Point[] {
  let [x, y] = [0, 0];
  return arc.map(([dx, dy]) => {
    [x, y] = [x + dx, y + dy];
    const longitude = x * scale[0] + translate[0];
    // The Aleutians cross the date line.
    return [longitude > 0 ? longitude - 360 : longitude, y * scale[1] + translate[1]];
  });
}

function countEnds(group: Point[][]): Map<string, number> {
  const ends = new Map<string, number>();
  for (const line of group) {
    for (const point of [line[0]!, line.at(-1)!]) {
      ends.set(String(point), (ends.get(String(point)) ?? 0) + 1);
    }
  }
  return ends;
}

/** Joins lines end to end wherever `isJoint` says so of the point. */
function joinLines(group: Point[][], isJoint: (point: string) => boolean): Point[][] {
  const open = new Set(group);
  const byEnd = new Map<string, Point[][]>();
  for (const line of group) {
    for (const point of new Set([String(line[0]), String(line.at(-1))])) {
      byEnd.set(point, [...(byEnd.get(point) ?? []), line]);
    }
  }
  const extend = (line: Point[]): Point[] => {
    for (;;) {
      const end = String(line.at(-1));
      const next = isJoint(end) && byEnd.get(end)?.find((other) => open.has(other));
      if (!next) return line;
      open.delete(next);
      const onward = String(next[0]) === end ? next : next.toReversed();
      line = [...line, ...onward.slice(1)];
    }
  };
  return group.flatMap((line) =>
    open.delete(line) ? [extend(extend(line).toReversed()).toReversed()] : []
  );
}

/** Joins the coasts of neighbouring states to closed rings: an even number of coasts meets anywhere. */
function joinRings(coasts: Point[][]): Point[][] {
  return joinLines(coasts, () => true);
}

/** Tolerance in degrees: about half a pixel of the map at the scale of each of its parts. */
function toleranceAt([longitude, latitude]: Point): number {
  if (latitude > 50) return 0.1;
  return longitude < -140 || latitude < 20 ? 0.012 : 0.03;
}

/** Douglas and Peucker's line simplification. */
function simplify(line: Point[]): Point[] {
  const [first, last] = [line[0]!, line.at(-1)!];
  let [farthest, distance] = [0, toleranceAt(first)];
  for (let index = 1; index < line.length - 1; index++) {
    const candidate = distanceToSegment(line[index]!, first, last);
    if (candidate > distance) [farthest, distance] = [index, candidate];
  }
  if (farthest === 0) return [first, last];
  return [
    ...simplify(line.slice(0, farthest + 1)).slice(0, -1),
    ...simplify(line.slice(farthest)),
  ];
}

function distanceToSegment(point: Point, from: Point, to: Point): number {
  const east = Math.cos(point[1] * Math.PI / 180);
  const [px, py] = [(point[0] - from[0]) * east, point[1] - from[1]];
  const [dx, dy] = [(to[0] - from[0]) * east, to[1] - from[1]];
  const along = (px * dx + py * dy) / (dx * dx + dy * dy || 1);
  const nearest = Math.min(1, Math.max(0, along));
  return Math.hypot(px - nearest * dx, py - nearest * dy);
}

/** Islands of less than about two by two pixels are left out. */
function isVisible(ring: Point[]): boolean {
  let area = 0;
  ring.forEach(([x, y], index) => {
    const [nextX, nextY] = ring[(index + 1) % ring.length]!;
    area += (x * nextY - nextX * y) / 2;
  });
  return ring.length > 3 && Math.abs(area) > (3 * toleranceAt(ring[0]!)) ** 2;
}

function encodePolyline(line: Point[]): string {
  let [x, y] = [0, 0];
  return line.map(([longitude, latitude]) => {
    const [nextX, nextY] = [Math.round(longitude * 100), Math.round(latitude * 100)];
    const text = encodeNumber(nextY - y) + encodeNumber(nextX - x);
    [x, y] = [nextX, nextY];
    return text;
  }).join("");
}

function encodeNumber(value: number): string {
  let rest = value < 0 ? ~(value << 1) : value << 1;
  let text = "";
  for (; rest >= 0x20; rest >>= 5) text += String.fromCharCode((rest & 0x1f | 0x20) + 63);
  return text + String.fromCharCode(rest + 63);
}
