/** Attributes of an element; those that are undefined are left out. */
export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** Writes an element; `children` are written already, `text()` writes text. */
export function element(
  name: string,
  attributes: Attributes,
  children: readonly string[] = [],
): string {
  const written = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [` ${key}="${escape(shorten(value))}"`]
  );
  const head = `<${name}${written.join("")}`;
  return children.length === 0 ? `${head}/>` : `${head}>${children.join("")}</${name}>`;
}

/** Writes a line of text at a place. */
export function text(
  content: string,
  x: number,
  y: number,
  attributes: Attributes = {},
): string {
  return element("text", { x, y, ...attributes }, [escape(content)]);
}

/**
 * Writes a picture that follows the colours of the reader's system, light or dark.
 *
 * @param label What the picture shows, for those who cannot see it.
 */
export function picture(
  width: number,
  height: number,
  label: string,
  children: readonly string[],
): string {
  const frame = element("rect", {
    class: "page",
    x: 0.5,
    y: 0.5,
    width: width - 1,
    height: height - 1,
    rx: 8,
  });
  const body = [element("title", {}, [escape(label)]), `<style>${STYLE}</style>`, frame];
  const attributes = {
    xmlns: "http://www.w3.org/2000/svg",
    width,
    height,
    viewBox: `0 0 ${width} ${height}`,
    role: "img",
  };
  return element("svg", attributes, [...body, ...children]).replaceAll("><", ">\n<") + "\n";
}

/** Colours by what something is; `other1` and so on are the rivals. */
const LIGHT = {
  page: "#ffffff",
  edge: "#d8dee4",
  ink: "#1f2328",
  faint: "#656d76",
  grid: "#e7ebef",
  ours: "#2563eb",
  raw: "#94a3b8",
  floor: "#cbd5e1",
  other1: "#d97706",
  other2: "#be185d",
  other3: "#0f766e",
  other4: "#7c3aed",
};
const DARK: typeof LIGHT = {
  page: "#0d1117",
  edge: "#30363d",
  ink: "#e6edf3",
  faint: "#9198a1",
  grid: "#21262d",
  ours: "#60a5fa",
  raw: "#64748b",
  floor: "#3d4856",
  other1: "#f59e0b",
  other2: "#f472b6",
  other3: "#2dd4bf",
  other4: "#a78bfa",
};

const STYLE = [
  "text{font:12px ui-sans-serif,system-ui,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif}",
  ".title{font-size:16px;font-weight:600}",
  ".head{font-weight:600}",
  ".number{font-variant-numeric:tabular-nums;paint-order:stroke;stroke-width:5px}",
  ".line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}",
  rules(LIGHT),
  `@media (prefers-color-scheme:dark){${rules(DARK)}}`,
].join("");

function rules(colours: typeof LIGHT): string {
  const { page, edge, ink, faint, grid, ...kinds } = colours;
  return [
    `.page{fill:${page};stroke:${edge}}`,
    `text{fill:${ink}}`,
    `.faint{fill:${faint}}`,
    `.number{stroke:${page}}`,
    `.grid{stroke:${grid}}`,
    `.one{stroke:${faint};stroke-dasharray:3 3}`,
    `.spread{stroke:${ink};stroke-opacity:.55}`,
    ...Object.entries(kinds).map(([kind, colour]) =>
      `.${kind}{fill:${colour}}.line.${kind}{fill:none;stroke:${colour}}`
    ),
  ].join("");
}

function shorten(value: string | number): string {
  return typeof value === "number" ? String(Math.round(value * 10) / 10) : value;
}

function escape(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
