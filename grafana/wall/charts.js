// Lines and bars, drawn by hand in SVG: small, sharp at every size, and at home in the page's style.

import { svg } from "./dom.js";
import { timeTicks } from "./time-axis.js";

/** Lowest and highest of some values, with room around. */
export function domain(values, { zero = false, least = 0 } = {}) {
  const known = values.filter((v) => v !== null && v !== undefined);
  if (!known.length) return [0, 1];
  let low = Math.min(...known, ...(zero ? [0] : []));
  let high = Math.max(...known);
  if (low === 0 && high === 0) return [0, 1];
  const room = Math.max((high - low) * 0.12, least, Math.abs(high) * 0.01, 1e-9);
  return [zero && low === 0 ? 0 : low - room, high + room];
}

/** A path through the points that exist; it breaks where there is no data. */
export function path(rows, x, y) {
  let pen = "M";
  let d = "";
  for (const row of rows) {
    if (row.value === null) {
      pen = "M";
      continue;
    }
    // A point without neighbours is a dot: a line of no length with round ends.
    d += `${pen}${x(row.time).toFixed(1)} ${y(row.value).toFixed(1)}${pen === "M" ? "h0" : ""}`;
    pen = "L";
  }
  return d;
}

export const last = (rows) => rows.findLast((row) => row.value !== null);

/** A tile's trend: the line, its end, and the target as a dashed line. */
export function sparkline(host, series, target, label) {
  const [width, height] = [host.clientWidth || 200, host.clientHeight || 40];
  const radius = parseFloat(getComputedStyle(host).fontSize) * 0.16;
  const rows = series.rows;
  if (!last(rows)) {
    host.replaceChildren();
    return;
  }
  const [low, high] = domain([...rows.map((r) => r.value), target]);
  const start = rows[0].time;
  const x = (t) => 1 + ((t - start) / (rows.at(-1).time - start || 1)) * (width - 2 * radius);
  const y = (v) => radius + (1 - (v - low) / (high - low)) * (height - 2 * radius);
  const end = last(rows);
  host.replaceChildren(
    svg(
      "svg",
      { width, height, role: "img", "aria-label": label },
      ...(target === null ? [] : [svg("path", { class: "target", d: `M0 ${y(target)}H${width}` })]),
      svg("path", { class: "line", d: path(rows, x, y) }),
      svg("circle", { class: "end", cx: x(end.time), cy: y(end.value), r: radius }),
    ),
  );
}

// Steps of spans that people count in, in ms.
const SPANS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800].map((s) => s * 1_000);

function ticks(low, high, wanted, spans = false) {
  const raw = (high - low) / wanted;
  const power = 10 ** Math.floor(Math.log10(raw));
  const decimal = [1, 2, 5, 10].map((n) => n * power).find((s) => s >= raw);
  const step = (spans && raw > 1_000 && SPANS.find((s) => s >= raw)) || decimal;
  const found = [];
  for (let v = Math.ceil(low / step) * step; v <= high + step * 1e-6; v += step) found.push(v);
  return found.length < 2 && wanted < 9 ? ticks(low, high, wanted + 1, spans) : found;
}

/** What line and bar charts share: frame, scales, grid and labels. */
export function frame(host, { from, to, low, high, axis, label, left: leftEm, spans }) {
  const [width, height] = [host.clientWidth, host.clientHeight];
  const em = parseFloat(getComputedStyle(host).fontSize);
  const labels = leftEm ? [] : ticks(low, high, height < 9 * em ? 2 : 3, spans).map((v) => [v, axis(v)]);
  const left = leftEm ? leftEm * em : Math.max(...labels.map(([, text]) => text.length), 2) * em * 0.62 + em * 0.4;
  const bottom = height - em * 1.5;
  const x = (t) => left + ((t - from) / (to - from)) * (width - left - em * 0.5);
  const y = (v) => em * 0.5 + (1 - (v - low) / (high - low)) * (bottom - em * 0.5);
  const root = svg("svg", { width, height, role: "img", "aria-label": label });
  for (const [v, text] of labels) {
    root.append(
      svg("path", { class: "grid", d: `M${left} ${y(v)}H${width}` }),
      svg("text", { class: "tick", x: left - em * 0.5, y: y(v) + em * 0.35, "text-anchor": "end" }, text),
    );
  }
  for (const [t, text] of timeTicks(from, to, (width - left) / (em * 5))) {
    const half = text.length * em * 0.28;
    const middle = Math.min(Math.max(x(t), left + half), width - half);
    root.append(svg("text", { class: "tick", x: middle, y: height - em * 0.2, "text-anchor": "middle" }, text));
  }
  return { root, x, y, bottom, left, width, em };
}

/** The spans of alerts behind a trend: a band and the sign of its severity. */
export function bands(chart, spans, from, to) {
  for (const span of spans.filter((s) => (s.to ?? to) >= from && s.from <= to)) {
    const [begin, end] = [chart.x(Math.max(span.from, from)), chart.x(Math.min(span.to ?? to, to))];
    const size = { x: begin, y: 0, width: Math.max(end - begin, 2), height: chart.bottom };
    chart.root.append(
      svg("rect", { class: "band", "data-severity": span.severity, ...size }),
      svg("text", { class: "band-sign", "data-severity": span.severity, x: begin + 4, y: chart.em }, span.sign),
    );
  }
}

/** Today's line before last week's, with the target and the alerts. */
export function lineChart(host, { rows, previous, target, axis, label, step, spans = [], least }) {
  const from = rows[0].time;
  const to = rows.at(-1).time + step;
  const values = [...rows, ...previous].map((r) => r.value).concat(target ?? []);
  const [low, high] = domain(values, { least });
  const chart = frame(host, { from, to, low, high, axis, label });
  const inside = previous.filter((r) => r.time >= from && r.time < to);
  // A point stands for its whole step: it is drawn in the middle of it.
  const x = (t) => chart.x(t + step / 2);
  bands(chart, spans, from, to);
  if (target !== null) {
    chart.root.append(
      svg("path", { class: "target", d: `M${chart.left} ${chart.y(target)}H${chart.width}` }),
    );
  }
  chart.root.append(
    svg("path", { class: "previous", d: path(inside, x, chart.y) }),
    svg("path", { class: "line", d: path(rows, x, chart.y) }),
  );
  const end = last(rows);
  if (end) {
    const at = { cx: x(end.time), cy: chart.y(end.value), r: chart.em * 0.28 };
    chart.root.append(svg("circle", { class: "end", ...at }));
  }
  host.replaceChildren(chart.root);
}

/** Bars by hour; last week's as a line over them; the hour that still runs is paler. */
export function barChart(host, { rows, previous, axis, label, step }) {
  const from = rows[0].time;
  const to = rows.at(-1).time + step;
  const values = [...rows, ...previous].map((r) => r.value);
  const [low, high] = domain(values, { zero: true });
  const chart = frame(host, { from, to, low, high, axis, label });
  for (const row of rows.filter((r) => r.value !== null)) {
    const [x, y] = [chart.x(row.time), chart.y(row.value)];
    const width = Math.max(1, chart.x(row.time + step) - x - chart.em * 0.25);
    const name = row === rows.at(-1) ? "bar running" : "bar";
    const bar = { class: name, x, y, width, height: Math.max(0, chart.y(low) - y), rx: 1.5 };
    chart.root.append(svg("rect", bar));
  }
  const middle = (t) => chart.x(t + step / 2);
  const inside = previous.filter((r) => r.time >= from && r.time < to);
  chart.root.append(svg("path", { class: "previous", d: path(inside, middle, chart.y) }));
  host.replaceChildren(chart.root);
}
