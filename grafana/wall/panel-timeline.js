// Lanes of states over time (a Gantt chart): rows of start, end, lane and state.

import { el, svg } from "./dom.js";
import { configOf, mapped, stateOf } from "./fields.js";
import { frame as axes } from "./charts.js";
import { moment } from "./format.js";
import { isTime } from "./rows.js";
import { SIGNS } from "./words.js";

const LANES_MAX = 14;
const LANE_CHARS_MAX = 36;

function spansOf(panel) {
  return panel.frames.flatMap((frame) => {
    const times = frame.columns.filter(isTime).map((c) => c.name);
    const words = frame.columns.filter((c) => c.type === "string").map((c) => c.name);
    const start = times.find((n) => /start|from|time$/i.test(n)) ?? times[0];
    const end = times.find((n) => n !== start);
    const state = words.find((n) => /state|status/i.test(n)) ?? words[1];
    const lane = words.find((n) => n !== state);
    return frame.rows.filter((r) => r[start] !== null).map((r) => ({ from: r[start], to: r[end] ?? null, lane: String(r[lane]), state: String(r[state]) }));
  });
}

export function draw(host, panel) {
  const { page } = panel;
  const spans = spansOf(panel);
  if (!spans.length) return false;
  const lanes = [...new Set(spans.map((s) => s.lane))].slice(0, LANES_MAX);
  const shown = spans.filter((s) => lanes.includes(s.lane));
  const [asked, until] = panel.scope.span(page.now);
  const from = Math.max(Math.min(...shown.map((s) => s.from)), asked - (until - asked));
  const to = Math.max(until, ...shown.map((s) => s.to ?? page.now));
  const config = configOf(panel.spec, { name: "state", type: "string" });
  const stage = el("div", { class: "chart" });
  const states = [...new Set(shown.map((s) => s.state))];
  const look = Object.fromEntries(states.map((s) => [s, stateOf(mapped(s, config)?.color) ?? "none"]));
  host.replaceChildren(el("p", { class: "legend" }, ...states.map((s) => el("span", { class: "legend-entry", "data-line": "block", "data-state": look[s] }, `${SIGNS[look[s]] ?? ""} ${s}`))), stage);
  const label = `${panel.title.textContent}: ${shown.map((s) => `${s.lane} ${s.state} from ${moment(s.from, page.now)}`).join(", ")}`;
  const names = new Map(lanes.map((lane, place) => [lane, place]));
  const chart = axes(stage, { from, to, low: 0, high: lanes.length, axis: () => "", label, left: Math.min(20, Math.max(...lanes.map((l) => l.length)) * 0.52 + 1) });
  const height = chart.y(0) - chart.y(1);
  for (const [lane, place] of names) {
    const y = chart.y(lanes.length - place) + height / 2 + chart.em * 0.35;
    chart.root.append(svg("text", { class: "lane", x: 0, y }, lane.length > LANE_CHARS_MAX ? `${lane.slice(0, LANE_CHARS_MAX - 1)}…` : lane));
  }
  for (const span of shown) {
    const x = Math.max(chart.x(span.from), chart.left);
    const y = chart.y(lanes.length - names.get(span.lane)) + height * 0.16;
    const width = Math.max(3, chart.x(span.to ?? page.now) - x);
    chart.root.append(svg("rect", { class: "span", "data-state": look[span.state], x, y, width, height: height * 0.68, rx: 2 }, svg("title", {}, `${span.lane}: ${span.state}`)));
  }
  const now = chart.x(page.now);
  chart.root.append(svg("path", { class: "now", d: `M${now} 0V${chart.bottom}` }));
  stage.replaceChildren(chart.root);
  return true;
}
