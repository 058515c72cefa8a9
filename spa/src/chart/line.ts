/** A point of a line; null where nothing is known, which the line leaves out. */
export interface LinePoint {
  x: number;
  y: number | null;
  /** Whether it is carried over from an earlier day: the line to and from it is dashed. */
  carried: boolean;
}

export interface LinePaths {
  /** For the `d` of a path each; "" where there is nothing of its kind. */
  solid: string;
  dashed: string;
}

type Drawn = LinePoint & { y: number };

/** A line that breaks where nothing is known. A point with no neighbour is a dot. */
export function linePaths(points: readonly LinePoint[]): LinePaths {
  const paths = { solid: "", dashed: "" };
  for (const run of runs(points)) {
    const [first] = run;
    if (run.length === 1 && first) paths[kindOf(first)] += `M${at(first)}h0.01`;
    let pen: keyof LinePaths | null = null;
    for (const [index, end] of run.entries()) {
      const start = run[index - 1];
      if (!start) continue;
      const kind = start.carried ? "dashed" : kindOf(end);
      paths[kind] += kind === pen ? `L${at(end)}` : `M${at(start)}L${at(end)}`;
      pen = kind;
    }
  }
  return paths;
}

/** An area between two lines for each run of points that both know; "" for none. */
export function areaPath(
  points: readonly { x: number; top: number | null; bottom: number }[],
): string {
  let path = "";
  for (const run of runs(points.map((point) => ({ ...point, y: point.top })))) {
    const back = [...run].reverse().map(({ x, bottom }) => `L${round(x)} ${round(bottom)}`);
    path += `M${run.map(at).join("L")}${back.join("")}Z`;
  }
  return path;
}

function kindOf({ carried }: { carried: boolean }): keyof LinePaths {
  return carried ? "dashed" : "solid";
}

/** The points in rows without a gap. */
function runs<P extends { x: number; y: number | null }>(
  points: readonly P[],
): (P & { y: number })[][] {
  const found: (P & { y: number })[][] = [];
  let isOpen = false;
  for (const point of points) {
    if (isKnown(point)) {
      if (isOpen) found.at(-1)?.push(point);
      else found.push([point]);
    }
    isOpen = point.y !== null;
  }
  return found;
}

function isKnown<P extends { y: number | null }>(point: P): point is P & { y: number } {
  return point.y !== null;
}

function at({ x, y }: Pick<Drawn, "x" | "y">): string {
  return `${round(x)} ${round(y)}`;
}

/** A tenth of a pixel is enough to draw with. */
function round(place: number): number {
  return Math.round(place * 10) / 10;
}
