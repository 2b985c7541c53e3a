// The key figures. A tile is built once; afterwards only its texts and states change.

import { el, setState, setText } from "./dom.js";
import { NONE, grouped, moment, parts, span, value, windowName } from "./format.js";
import { sparkline } from "./charts.js";

export const SIGNS = { red: "▲", yellow: "◆", blue: "●", ok: "✓" };
export const WORDS = { red: "critical", yellow: "warning", blue: "information" };
const RANGES = { "7d": ["now-7d", 56], "30d": ["now-30d", 60], "90d": ["now-90d", 45] };

/** One hero KPI of this wall's audience. */
export class Tile {
  constructor(kpi, segment) {
    this.kpi = kpi;
    this.segment = segment;
    this.row = null;
    this.series = null;
    this.chip = el("p", { class: "tile-chip" });
    this.figure = el("span", { class: "figure" }, NONE);
    this.unit = el("span", { class: "unit" });
    this.target = el("p", { class: "tile-target" });
    this.delta = el("p", { class: "tile-delta" });
    this.basis = el("p", { class: "tile-basis" });
    this.spark = el("div", { class: "tile-spark" });
    this.node = el(
      "article",
      { class: "tile", "data-kpi": kpi.id, "data-segment": segment, title: kpi.subtitle },
      el("header", {}, el("h2", {}, kpi.title), this.chip),
      el("p", { class: "tile-value" }, this.figure, this.unit),
      this.target,
      this.delta,
      this.basis,
      this.spark,
    );
    this.describe(null);
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
    setText(this.target, known ? this.#target(row) : `No data yet: waiting for events on topic ${this.kpi.topics.join(", ")}`);
    setState(this.target, "met", known && row.target_met !== null ? String(row.target_met) : null);
    setText(this.delta, known ? this.#delta(row) : "");
    setText(this.basis, known ? this.#basis(row) : "");
  }

  #target(row) {
    if (row.target === null) return "";
    const target = value(this.kpi.unit, row.target);
    if (row.target_met) return `✓ meets target ${target}`;
    return `▽ misses target ${target}`;
  }

  #delta(row) {
    if (row.delta === null) return "";
    const size = span(this.kpi.unit, row.delta);
    const noise = row.error !== null && Math.abs(row.delta) <= row.error;
    if (noise || /^[0.]+\D*$/.test(size)) return "≈ as last week";
    const better = row.delta > 0 === (this.kpi.better === "up");
    return `${row.delta > 0 ? "▲" : "▼"} ${size} ${better ? "better" : "worse"} than last week`;
  }

  #basis(row) {
    const shown = [windowName(this.kpi.window)];
    if (this.kpi.kind === "flow" && this.kpi.unit !== "count") {
      shown.push(`n ${grouped(row.n)}${row.n < this.kpi.n_min ? " (few)" : ""}`);
    }
    if (row.error !== null) shown.push(`± ${span(this.kpi.unit, row.error)}`);
    if (row.provisional) shown.push("provisional");
    return shown.join(" · ");
  }

  /** Its state in colour, sign and word: stale before alert, alert before nothing. */
  mark(severity, staleSince, now) {
    const stale = staleSince === null ? null : `◷ stale since ${moment(staleSince, now)}`;
    setState(this.node, "severity", severity);
    setState(this.node, "stale", stale && "yes");
    setText(this.chip, stale ?? (severity ? `${SIGNS[severity]} ${WORDS[severity]}` : ""));
    this.node.setAttribute("aria-label", [this.kpi.title, this.chip.textContent].filter(Boolean).join(", "));
  }

  /** What to ask the API for its trend. */
  get trend() {
    const [from, maxDataPoints] = RANGES[this.kpi.window] ?? ["now-24h", 48];
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
