// The key figures. A tile is built once; afterwards only its texts and states change.

import { el, setState, setText } from "./dom.js";
import { NONE, moment, parts, windowName } from "./format.js";
import { withToken } from "./data.js";
import { sparkline } from "./charts.js";
import { basisText, deltaText, stateText } from "./words.js";

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
      el("header", {}, el("h2", {}, el("a", { href: withToken(`/kpi/${kpi.id}?audience=${segment}`) }, kpi.title)), el("p", {}, windowName(kpi.window))),
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
    setText(this.delta, known ? deltaText(this.kpi, row) : "");
    setText(this.basis, known ? basisText(this.kpi, row) : "");
  }

  /** Its state: stale before alert, alert before target, in words and sign as well as colour. */
  mark(alert, staleSince, now) {
    const stale = staleSince !== null;
    setState(this.node, "stale", stale ? "yes" : null);
    setState(this.node, "severity", alert?.severity ?? null);
    const met = this.row?.target_met ?? null;
    setState(this.node, "met", met === null ? null : String(met));
    const since = stale ? `◷ stale since ${moment(staleSince, now)}` : null;
    setText(this.state, stateText(this.kpi, this.row, alert, since));
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

/** The overview's figures in the order in which they are read; the others have pages of their own. */
const SHOWN = [
  "customers_total", "partners_total", "nps", "csat", "pss", "engagement_rate",
  "sentiment_score", "first_response_time", "incidents_open", "on_time_delivery_rate", "revenue", "availability",
  "partner_nps", "feedback_count", "tickets_open", "deliveries_overdue",
];
const SHOWN_MAX = 13;

/** The tiles of an audience: everything keeps its place. */
export function makeTiles(catalogue, audience) {
  const byId = new Map(catalogue.kpis.map((kpi) => [kpi.id, kpi]));
  return SHOWN.map((id) => byId.get(id))
    .filter((kpi) => kpi?.hero && (audience === "all" || kpi.audiences.includes(audience)))
    .slice(0, SHOWN_MAX)
    .map((kpi) => new Tile(kpi, kpi.audiences.includes(audience) ? audience : kpi.audiences[0]));
}
