// Lines over time: expected bands, limits, last week dashed, alerts as regions behind.

import { el, svg } from "./dom.js";
import { configOf, stateOf, text } from "./fields.js";
import { bands, domain, frame, last, path } from "./charts.js";
import { isNumber, isTime } from "./rows.js";
import { SIGNS } from "./words.js";

// Lines whose names say good or bad have that colour; others are told apart by calm tones.
const MEANING = ["positive", "neutral", "negative"];

/** Every line: {name, rows: [{time, value}], config}. A text column splits a number column. */
function linesOf(panel) {
  return panel.frames.flatMap((f) => {
    const time = f.columns.find(isTime);
    if (!time) return [];
    const label = f.columns.find((c) => c.type === "string");
    const groups = label ? [...new Set(f.rows.map((r) => r[label.name]))] : [null];
    return f.columns.filter(isNumber).flatMap((column) =>
      groups.map((group) => {
        const name = group ?? column.title ?? column.name;
        const config = configOf(panel.spec, { ...column, title: name, refId: f.refId });
        const rows = f.rows.filter((r) => group === null || r[label.name] === group).map((r) => ({ time: r[time.name], value: r[column.name] }));
        return { name: config.displayName ?? name, key: column.name, rows, config, look: lookOf(config, name) };
      }),
    );
  }).filter((line) => !line.config.custom.hideFrom?.viz);
}

/** previous, target, expected, bar or line: how a series looks is part of what it says. */
function lookOf({ custom }, name) {
  if (/\b(target|threshold|limit)\b/i.test(name)) return "target";
  if (custom.fillBelowTo || /\b(expected|lower|upper|band)\b/i.test(name)) return "expected";
  if (custom.lineStyle?.fill === "dash" || /\b(last week|previous)\b/i.test(name)) return "previous";
  return custom.drawStyle === "bars" ? "bar" : "line";
}

/** The band between the line that fills and the one it fills down to. */
function expectedBand(chart, lines, x) {
  for (const upper of lines.filter((l) => l.config.custom.fillBelowTo)) {
    const lower = lines.find((l) => l.name === upper.config.custom.fillBelowTo || l.key === upper.config.custom.fillBelowTo);
    if (!lower) continue;
    const floor = new Map(lower.rows.map((r) => [r.time, r.value]));
    const both = upper.rows.filter((r) => r.value !== null && (floor.get(r.time) ?? null) !== null);
    const step = upper.rows.length > 1 ? upper.rows[1].time - upper.rows[0].time : 0;
    for (const run of runs(both, step)) {
      const top = run.map((r) => `${x(r.time).toFixed(1)} ${chart.y(r.value).toFixed(1)}`);
      const foot = run.map((r) => `${x(r.time).toFixed(1)} ${chart.y(floor.get(r.time)).toFixed(1)}`).reverse();
      chart.root.append(svg("path", { class: "expected-band", d: `M${[...top, ...foot].join("L")}Z` }));
    }
  }
}

/** Rows that follow one another without a gap; what is not known is not filled. */
function runs(rows, step) {
  const found = [];
  for (const row of rows) {
    const run = found.at(-1);
    if (run && row.time - run.at(-1).time <= step) run.push(row);
    else found.push([row]);
  }
  return found;
}

function limits(chart, config, [low, high]) {
  if ((config.custom.thresholdsStyle?.mode ?? "off") === "off") return;
  const steps = config.thresholds?.steps ?? [];
  for (const [place, step] of steps.entries()) {
    if (typeof step.value !== "number" || step.value <= low || step.value >= high) continue;
    // A limit has the colour of its worse side.
    const sides = [stateOf(steps[place - 1]?.color), stateOf(step.color)];
    const state = ["red", "yellow", "green"].find((s) => sides.includes(s)) ?? "none";
    chart.root.append(svg("path", { class: "limit", "data-state": state, d: `M${chart.left} ${chart.y(step.value)}H${chart.width}` }));
  }
}

function bars(chart, line, x, step, low) {
  for (const row of line.rows.filter((r) => r.value !== null)) {
    const width = Math.max(1, chart.x(row.time + step) - chart.x(row.time) - chart.em * 0.15);
    const y = chart.y(row.value);
    chart.root.append(svg("rect", { class: "bar", x: chart.x(row.time), y, width, height: Math.max(0, chart.y(Math.max(low, 0)) - y), rx: 1.5 }));
  }
}

/** Alerts on what the panel shows as a whole, not on a part of it; those that touch are one region. */
function regions(panel, apart) {
  const ids = panel.kpis;
  const merged = [];
  const found = panel.page.annotations
    .filter((a) => a.tags.some((tag) => ids.includes(tag)) && !a.tags.some((tag) => tag.includes("|")))
    .map((a) => ({ from: a.time, to: a.timeEnd, severity: a.tags.find((tag) => tag in SIGNS) ?? "blue" }))
    .sort((a, b) => a.from - b.from);
  for (const region of found) {
    const last = merged.findLast((m) => m.severity === region.severity);
    if (last && region.from <= last.to + apart) last.to = Math.max(last.to, region.to);
    else merged.push({ ...region, sign: SIGNS[region.severity] });
  }
  return merged;
}

/** A step that still runs has seen only a part of its answers: it would look like a fall. */
function settled(line, now) {
  const step = line.rows.length > 2 ? line.rows[1].time - line.rows[0].time : 0;
  return { ...line, rows: line.rows.filter((row) => !step || row.time + step <= now) };
}

export function draw(host, panel) {
  const told = linesOf(panel);
  const whole = told.map((line) => settled(line, panel.page.now));
  const lines = panel.kpi?.kind === "level" || !whole.some((line) => last(line.rows)) ? told : whole;
  if (!lines.some((line) => line.look !== "target" && last(line.rows))) return false;
  const known = lines.filter((line) => last(line.rows));
  const main = known.filter((line) => line.look === "line" || line.look === "bar");
  main.forEach((line, place) => { line.tone = (main.length > 1 && MEANING.find((word) => line.name.toLowerCase().startsWith(word))) || place % 6; });
  // Lines of different units share a time, not a scale: each unit has a chart of its own.
  const units = [...new Set(known.map((line) => line.config.unit))];
  const charts = units.map((unit) => [el("div", { class: "chart" }), known.filter((line) => line.config.unit === unit)]);
  host.replaceChildren(legend(known, main), ...charts.map(([node]) => node));
  charts.forEach(([node, lines]) => plot(node, panel, lines));
  return true;
}

/** No room above 100 % where nothing can be above it. */
function ceiling([low, high], lines, config) {
  const shares = config.unit === "percentunit" && lines.every((l) => l.rows.every((r) => r.value === null || r.value <= 1));
  return shares ? Math.min(high, 1 + (1 - low) * 0.04) : high;
}

function plot(host, panel, lines) {
  const [from, to] = panel.scope.span(panel.page.now);
  const times = lines[0].rows.map((r) => r.time);
  const step = times.length > 1 ? times[1] - times[0] : 0;
  const config = lines[0].config;
  const zero = lines.some((l) => l.look === "bar") || config.min === 0;
  const range = domain(lines.flatMap((l) => l.rows.map((r) => r.value)), { zero });
  const [low, high] = [config.min ?? range[0], Math.max(ceiling(range, lines, config), config.max !== undefined && config.unit !== "percentunit" ? config.max : -Infinity)];
  const axis = (v) => text(v, config).replace(/\.0+(?=\D|$)/, "");
  const chart = frame(host, { from: Math.min(from, times[0]), to: Math.max(to, times.at(-1)), low, high, axis, spans: config.unit === "ms", label: spoken(panel, lines) });
  const x = (t) => chart.x(t + step / 2);
  bands(chart, regions(panel, (to - from) / 40), from, to);
  expectedBand(chart, lines, x);
  limits(chart, config, [low, high]);
  for (const line of lines) {
    if (line.look === "bar") bars(chart, line, x, step, low);
    else chart.root.append(svg("path", { class: line.look, "data-tone": line.tone, d: path(line.rows, x, chart.y) }));
  }
  for (const line of lines.filter((l) => l.look === "line")) {
    const end = last(line.rows);
    chart.root.append(svg("circle", { class: "end", "data-tone": line.tone, cx: x(end.time), cy: chart.y(end.value), r: chart.em * 0.26 }));
  }
  host.replaceChildren(chart.root);
}

function legend(lines, main) {
  const entries = lines.filter((l) => !(l.look === "expected" && !l.config.custom.fillBelowTo));
  if (entries.length < 2) return "";
  return el("p", { class: "legend" }, ...entries.map((line) => {
    const end = main.includes(line) ? ` ${text(last(line.rows).value, line.config)}` : "";
    const name = line.look === "expected" ? "expected" : line.name;
    return el("span", { class: "legend-entry", "data-line": line.look, "data-tone": line.tone ?? "" }, name, el("b", {}, end));
  }));
}

const spoken = (panel, lines) =>
  `${panel.title.textContent}: ${lines.map((l) => `${l.name} ${text(last(l.rows).value, l.config)}`).join(", ")}`;
