// Figures: large, with state, target, last week, sample size and trend.

import { el, setState, setText } from "./dom.js";
import { NONE, parts } from "./format.js";
import { configOf, stateOfRow, text } from "./fields.js";
import { isNumber, isTime } from "./rows.js";
import { sparkline } from "./charts.js";
import { basisText, deltaText, stateText } from "./words.js";

/** The number columns that the panel's options choose; all where they choose none. */
function chosen(frame, panel) {
  const wanted = panel.spec.options?.reduceOptions?.fields;
  const numbers = frame.columns.filter(isNumber);
  if (!wanted) return numbers;
  const name = new RegExp(wanted.replace(/^\/|\/$/g, ""));
  return numbers.filter((c) => name.test(c.title ?? c.name));
}

/** [{label, value, config, row}] of one frame: a row each, or the last value of each column. */
function itemsOf(frame, panel) {
  const columns = chosen(frame, panel);
  const label = frame.columns.find((c) => c.type === "string");
  const wide = panel.spec.options?.reduceOptions?.values || (frame.rows.length > 1 && !frame.columns.some(isTime));
  const places = wide ? frame.rows.map((_, place) => place) : [frame.rows.length - 1];
  return places.flatMap((place) =>
    columns.map((column) => {
      const value = wide ? frame.rows[place][column.name] : (frame.rows.findLast((r) => r[column.name] !== null)?.[column.name] ?? null);
      const config = configOf(panel.spec, { ...column, refId: frame.refId });
      const name = config.displayName ?? (wide && label ? frame.rows[place]?.[label.name] : (column.title ?? column.name));
      return { label: name, value, config, row: frame.raw[place] ?? null };
    }),
  );
}

/** A row of the API with all that stands under a figure; null for a mere number. */
function readingOf(row) {
  if (!row || !("delta" in row)) return null;
  const met = { good: true, bad: false }[row.state] ?? row.target_met ?? null;
  return { ...row, target_met: met };
}

class Item {
  constructor() {
    this.label = el("p", { class: "stat-label" });
    this.figure = el("span", { class: "figure" });
    this.unit = el("span", { class: "unit" });
    this.state = el("p", { class: "tile-state" });
    this.delta = el("p", { class: "tile-delta" });
    this.basis = el("p", { class: "tile-basis" });
    this.node = el("div", { class: "stat" }, this.label, el("p", { class: "tile-value" }, this.figure, this.unit), this.state, this.delta, this.basis);
  }

  update(item, panel, alone) {
    const kpi = panel.page.kpis[item.row?.kpi] ?? panel.kpi;
    const shown = kpi && item.row && item.row.value === item.value ? parts(kpi.unit, item.value) : figureOf(item);
    setText(this.label, alone ? "" : String(item.label));
    setText(this.figure, shown[0]);
    setText(this.unit, shown[1]);
    setState(this.node, "value", item.value === null ? "none" : String(item.value));
    setState(this.node, "empty", item.value === null ? "yes" : null);
    this.#describe(item, kpi, panel);
  }

  #describe({ row, value, config }, kpi, panel) {
    const reading = kpi ? readingOf(row) : null;
    const alert = kpi && reading ? panel.page.alerts.worstOf(kpi.id) : null;
    const stale = panel.page.status.staleText(kpi?.topics ?? []);
    setState(this.node, "stale", stale === null ? null : "yes");
    setState(this.node, "severity", alert?.severity ?? stateOfRow(value, config, reading?.target_met ?? null));
    setState(this.node, "met", reading?.target_met === null ? null : (reading?.target_met ?? null));
    setText(this.state, reading ? stateText(kpi, reading, alert, stale) : value === null ? panel.emptyText : "");
    setText(this.delta, reading && value !== null ? deltaText(kpi, reading) : "");
    setText(this.basis, reading && value !== null ? basisText(kpi, reading) : "");
  }
}

function figureOf({ value, config }) {
  if (value === null) return [NONE, ""];
  const [figure, unit = ""] = text(value, config).split(/\u202f(?=\D+$)/);
  return [figure, unit];
}

export function draw(host, panel) {
  const frames = panel.frames;
  const trend = panel.trend ?? frames.find((f) => f.columns.some(isTime) && f.rows.length > 1);
  const sources = frames.filter((f) => f !== trend);
  const items = (sources.length ? sources : frames).flatMap((f) => itemsOf(f, panel));
  if (!items.length) return false;
  let shown = host.shownItems;
  if (shown?.length !== items.length || !host.contains(shown[0].node)) {
    shown = host.shownItems = items.map(() => new Item());
    host.spark = el("div", { class: "tile-spark" });
    host.replaceChildren(el("div", { class: "stats" }, ...shown.map((s) => s.node)), host.spark);
    setState(host, "many", items.length > 1 ? "yes" : null);
  }
  items.forEach((item, place) => shown[place].update(item, panel, items.length === 1));
  setText(panel.about, items[0].row?.scope ?? "");
  drawTrend(host.spark, trend, panel, items[0]);
  return true;
}

function drawTrend(host, trend, panel, { config, row }) {
  setState(host, "none", trend ? null : "yes");
  if (!trend) return;
  const time = trend.columns.find(isTime).name;
  const value = trend.columns.find((c) => c.name === "value") ?? trend.columns.find(isNumber);
  if (!value) return;
  const rows = trend.rows.map((step) => ({ time: step[time], value: step[value.name] }));
  const ends = [rows[0], rows.findLast((r) => r.value !== null)].map((r) => text(r?.value ?? null, config));
  sparkline(host, { rows }, row?.target ?? panel.kpi?.target ?? null, `${panel.title.textContent}: trend from ${ends[0]} to ${ends[1]}`);
}
