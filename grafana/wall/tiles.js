// The key figures. A tile is built once; afterwards only its texts and states change.

import { el, setState, setText } from "./dom.js";
import { NONE, grouped, moment, parts, span, trimmed, value, windowName } from "./format.js";
import { sparkline } from "./charts.js";

export const SIGNS = { red: "▲", yellow: "◆", blue: "●", ok: "✓" };
export const WORDS = { red: "critical", yellow: "warning", blue: "information" };
const RANGES = { "7d": ["now-7d", 30], "30d": ["now-30d", 32], "90d": ["now-90d", 45] };

/** One hero KPI of this wall's audience. */
export class Tile {
  constructor(kpi, segment) {
    this.kpi = kpi;
    this.segment = segment;
    this.row = null;
    this.series = null;
    this.figure = el("span", { class: "figure" }, NONE);
    this.unit = el("span", { class: "unit" });
    this.state = el("p", { class: "tile-state" });
    this.delta = el("p", { class: "tile-delta" });
    this.basis = el("p", { class: "tile-basis" });
    this.spark = el("div", { class: "tile-spark" });
    this.node = el(
      "article",
      { class: "tile", "data-kpi": kpi.id, "data-segment": segment, title: kpi.subtitle },
      el("header", {}, el("h2", {}, kpi.title), el("p", {}, windowName(kpi.window))),
      el("p", { class: "tile-value" }, this.figure, this.unit),
      this.state,
      this.delta,
      this.basis,
      this.spark,
    );
    this.describe(null);
    this.mark(null, null, 0);
  }

  /** A newer reading; an older one that overtook it on the way is left aside. */
  update(row, isSnapshot) {
    if (!isSnapshot && this.row && row.as_of < this.row.as_of) return;
    this.row = row;
    const [figure, unit] = parts(this.kpi.unit, row.value);
    setText(this.figure, figure);
    setText(this.unit, unit);
    setState(this.node, "value", row.value === null ? "none" : String(row.value));
    this.describe(row);
  }

  describe(row) {
    const known = row !== null && row.value !== null;
    setState(this.node, "empty", known ? null : "yes");
    setText(this.delta, known ? this.#delta(row) : "");
    setText(this.basis, known ? this.#basis(row) : "");
  }

  /** Its state: stale before alert, alert before target, in words and sign as well as colour. */
  mark(alert, staleSince, now) {
    const stale = staleSince !== null;
    setState(this.node, "stale", stale ? "yes" : null);
    setState(this.node, "severity", alert?.severity ?? null);
    const met = this.row?.target_met ?? null;
    setState(this.node, "met", met === null ? null : String(met));
    const since = stale ? `◷ stale since ${moment(staleSince, now)}` : null;
    setText(this.state, this.#state(alert, met, since));
  }

  #state(alert, met, stale) {
    const { unit, topics } = this.kpi;
    if (!this.row || this.row.value === null) return `No data yet: waiting for events on topic ${topics.join(", ")}`;
    if (stale) return stale;
    const goal = this.kpi.target === null ? "" : `target ${trimmed(unit, this.kpi.target)}`;
    if (alert) {
      const state = `${SIGNS[alert.severity]} ${WORDS[alert.severity]}`;
      // Where only a part of it is in alarm, say which.
      const about = alert.segment.includes("|") ? `: ${alert.label}` : goal && ` · ${goal}`;
      return state + about;
    }
    if (met !== null) return met ? `✓ meets ${goal}` : `▽ misses ${goal}`;
    return this.row.previous === null ? "" : `last week ${value(unit, this.row.previous)}`;
  }

  #delta(row) {
    if (row.delta === null) return "";
    const size = span(this.kpi.unit, row.delta);
    if (Math.abs(row.delta) <= this.#chance(row) || value(this.kpi.unit, row.value) === value(this.kpi.unit, row.previous)) {
      return "≈ as last week";
    }
    const better = row.delta > 0 === (this.kpi.better === "up");
    return `${row.delta > 0 ? "▲" : "▼"} ${size} ${better ? "better" : "worse"} than last week`;
  }

  /** How far two such figures differ by chance alone (95 %). */
  #chance(row) {
    if (row.error !== null) return row.error;
    return this.kpi.unit === "count" && this.kpi.kind === "flow" ? 1.96 * Math.sqrt(row.value + row.previous) : 0;
  }

  #basis(row) {
    const shown = [];
    if (this.kpi.kind === "flow" && this.kpi.unit !== "count") {
      shown.push(`n ${grouped(row.n)}${row.n < this.kpi.n_min ? " (few)" : ""}`);
    }
    if (row.error !== null) shown.push(`± ${span(this.kpi.unit, row.error)}`);
    if (row.provisional) shown.push("provisional");
    return shown.join(" · ");
  }

  /** What to ask the API for its trend. */
  get trend() {
    const [from, maxDataPoints] = RANGES[this.kpi.window] ?? ["now-24h", 25];
    return { kpi: this.kpi.id, segment: this.segment, from, maxDataPoints };
  }

  draw(series = this.series) {
    this.series = series;
    if (series === null) return;
    const about = this.kpi.window === "now" ? "24 h" : windowName(this.kpi.window);
    sparkline(this.spark, series, this.kpi.target, `${this.kpi.title}, trend over ${about}`);
  }
}

/** The tiles of an audience, in the catalogue's order: everything keeps its place. */
export function makeTiles(catalogue, audience) {
  return catalogue.kpis
    .filter((kpi) => kpi.hero && (audience === "all" || kpi.audiences.includes(audience)))
    .map((kpi) => new Tile(kpi, kpi.audiences.includes(audience) ? audience : kpi.audiences[0]));
}
