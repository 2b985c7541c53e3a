// What a figure's state, change and basis are in words: signs and words say what colour says.

import { grouped, span, trimmed, value } from "./format.js";

export const SIGNS = { red: "▲", yellow: "◆", blue: "●", ok: "✓" };
export const WORDS = { red: "critical", yellow: "warning", blue: "information" };

/** Stale before alert, alert before target. */
export function stateText(kpi, row, alert, stale) {
  if (!row || row.value === null) return `No data yet: waiting for events on topic ${kpi.topics.join(", ")}`;
  if (stale) return stale;
  const target = row.target ?? kpi.target;
  const goal = target === null ? "" : `target ${trimmed(kpi.unit, target)}`;
  if (alert) {
    const state = `${SIGNS[alert.severity]} ${WORDS[alert.severity]}`;
    // Where only a part of it is in alarm, say which.
    const about = alert.segment.includes("|") ? `: ${alert.label}` : goal && ` · ${goal}`;
    return state + about;
  }
  if (row.target_met !== null) return row.target_met ? `✓ meets ${goal}` : `▽ misses ${goal}`;
  return row.previous === null ? "" : `last week ${value(kpi.unit, row.previous)}`;
}

/** The change against last week; within chance it is none. */
export function deltaText(kpi, row) {
  if (row.delta === null) return "";
  const size = span(kpi.unit, row.delta);
  if (Math.abs(row.delta) <= chance(kpi, row) || value(kpi.unit, row.value) === value(kpi.unit, row.previous)) {
    return "≈ as last week";
  }
  const better = row.delta > 0 === (kpi.better === "up");
  return `${row.delta > 0 ? "▲" : "▼"} ${size} ${better ? "better" : "worse"} than last week`;
}

/** How far two such figures differ by chance alone (95 %). */
function chance(kpi, row) {
  if (row.error !== null) return row.error;
  return kpi.unit === "count" && kpi.kind === "flow" ? 1.96 * Math.sqrt(row.value + row.previous) : 0;
}

/** How many answers it rests on, and how sure it is. */
export function basisText(kpi, row) {
  const shown = [];
  if (kpi.kind === "flow" && kpi.unit !== "count") {
    shown.push(`n ${grouped(row.n)}${row.n < kpi.n_min ? " (few)" : ""}`);
  }
  if (row.error !== null) shown.push(`± ${span(kpi.unit, row.error)}`);
  if (row.provisional) shown.push("provisional");
  return shown.join(" · ");
}
