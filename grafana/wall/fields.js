// How a column is shown: Grafana's field defaults with their overrides, and values as texts.

import { NONE, grouped, moment, span, value as written } from "./format.js";

const OUR_UNITS = { percentunit: "percent", ms: "duration", dtdurationms: "duration", clockms: "duration", short: "count", locale: "count" };
const MS = { s: 1_000, dtdurations: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
// Colour means state: Grafana's many names become the wall's few.
const STATES = [
  ["red", /red|#f2495c|#e02f44/i],
  ["yellow", /yellow|orange|#ff9830|#fade2a/i],
  ["green", /green|#73bf69/i],
  ["blue", /blue|#5794f2/i],
];

/** red, yellow, green, blue or null (no state). */
export const stateOf = (colour) => (colour ? (STATES.find(([, names]) => names.test(colour))?.[0] ?? null) : null);

function matches(matcher, column) {
  const name = column.title ?? column.name;
  const { id, options } = matcher;
  if (id === "byName") return options === column.name || options === name;
  if (id === "byRegexp") return new RegExp(String(options).replace(/^\/|\/$/g, "")).test(name);
  if (id === "byFrameRefID") return options === column.refId;
  if (id === "byType") return options === (column.type.startsWith("timestamp") ? "time" : column.type);
  return false;
}

/** Everything that is said of a column: unit, decimals, thresholds, mappings, links, custom … */
export function configOf(panel, column) {
  const { defaults = {}, overrides = [] } = panel.fieldConfig ?? {};
  const config = { ...defaults, custom: { ...defaults.custom } };
  for (const override of overrides.filter((o) => matches(o.matcher, column))) {
    for (const { id, value } of override.properties) {
      if (id.startsWith("custom.")) config.custom[id.slice(7)] = value;
      else config[id] = value;
    }
  }
  return config;
}

/** What a value mapping makes of it: {text, color}, or null. */
export function mapped(value, config) {
  for (const { type, options } of config.mappings ?? []) {
    if (type === "value" && options[String(value)]) return options[String(value)];
    if (type === "special" && options.match === "null" && value === null) return options.result;
    const { from, to } = options;
    if (type === "range" && typeof value === "number" && value >= (from ?? -Infinity) && value <= (to ?? Infinity)) return options.result;
  }
  return null;
}

/** The threshold step a value lies on, by its colour; null without steps or value. */
export function stepOf(value, config) {
  const steps = config.thresholds?.steps ?? [];
  if (typeof value !== "number" || steps.length < 2) return null;
  return steps.findLast((s) => s.value === null || s.value === undefined || value >= s.value) ?? steps[0];
}

/** A value's state (red, yellow, green, blue) by mapping, else by thresholds if these colour it. */
export function stateOfValue(value, config) {
  const map = mapped(value, config);
  if (map) return stateOf(map.color);
  return stateOf(stepOf(value, config)?.color);
}

/**
 * The same, where a row says whether its target is met: targets may have been set after the dashboard was
 * written, so limits in the file only tell how bad a miss is. Who meets the target has no state.
 */
export function stateOfRow(value, config, met) {
  const state = stateOfValue(value, config);
  if (met === true) return null;
  if (met === false) return state === "red" ? "red" : "yellow";
  return state === "green" ? null : state;
}

/** [figure, unit] in Grafana's unit. */
export function text(value, config, now = Date.now()) {
  const map = mapped(value, config);
  if (map?.text) return map.text;
  if (value === null || value === undefined) return NONE;
  if (typeof value !== "number") return String(value);
  const unit = config.unit ?? "none";
  if (unit.startsWith("change:")) return `${value > 0 ? "+" : value < 0 ? "−" : ""}${span(unit.slice(7), value)}`;
  if (unit.startsWith("dateTime")) return moment(value, now);
  if (unit === "percent") return `${grouped(value, config.decimals ?? 1)} %`;
  if (unit in MS) return written("duration", value * MS[unit]);
  if (unit.startsWith("currency")) return written("money", value);
  if (unit in OUR_UNITS && !(OUR_UNITS[unit] === "count" && config.decimals)) return written(OUR_UNITS[unit], value);
  const decimals = config.decimals ?? (Number.isInteger(value) ? 0 : Math.abs(value) < 10 ? 2 : 1);
  const suffix = unit.startsWith("suffix:") ? unit.slice(7) : "";
  return grouped(value, decimals) + suffix;
}
