// One panel of a dashboard: fetches what its targets ask, hands it to what draws its type.

import { el, setState, setText } from "./dom.js";
import { moment, windowName } from "./format.js";
import { frameOf, organized } from "./rows.js";
import { csvOf, save } from "./csv.js";
import { draw as stat } from "./panel-stat.js";
import { draw as timeseries } from "./panel-timeseries.js";

const later = (name) => async (...given) => (await import(`./panel-${name}.js`)).draw(...given);
const DRAW = {
  stat,
  timeseries,
  gauge: stat,
  bargauge: later("bargauge"),
  barchart: later("barchart"),
  piechart: later("piechart"),
  table: later("table"),
  heatmap: later("heatmap"),
  "state-timeline": later("timeline"),
  "mckn-funnel-panel": later("funnel"),
  "volkovlabs-echarts-panel": later("words"),
  text: later("text"),
};
const POINTS_MAX = 300;
// Fifty walls must not weigh on the engine: how long a panel rests after an answer.
const FIGURE_REST_MS = 4_000;
const PICTURE_REST_MS = 14_000;
const TREND_REST_MS = 55_000;
// Why panels that are about no KPI may be empty.
const EMPTY = {
  alerts: "No alerts in this time range.",
  "alert-heatmap": "No alert has opened in this time.",
  list: "Nothing has arrived in the last 7 days.",
  register: "None now.",
  timeline: "No workflows in this time range.",
  funnel: "No journeys yet in the last 7 days: waiting for events on topic interactions.",
  sources: "Waiting for the engine to report its sources.",
  status: "Waiting for the engine to report.",
};
// How far a tile's trend reaches, and in how many steps, by the window of its figure.
const TRENDS = { "7d": ["now-7d", 42], "30d": ["now-30d", 32], "90d": ["now-30d", 32] };

export class Panel {
  /** `page`: scope, status, alerts, kpis by id, annotations, now. */
  constructor(spec, page) {
    Object.assign(this, { spec, page, frames: null, failure: null, asked: 0 });
    this.scope = page.scope.since(spec.timeFrom);
    this.targets = (spec.targets ?? []).filter((t) => t.url && !t.hide);
    this.body = el("div", { class: "panel-body" });
    this.mark = el("p", { class: "panel-mark", role: "status" });
    this.title = el("h2", {}, this.#title());
    this.about = el("p", { class: "panel-about" });
    this.node = el("article", { class: `panel panel-${spec.type}`, id: `panel-${spec.id}`, "data-panel": spec.id, "data-type": spec.type, "aria-label": this.#title() },
      el("header", {}, this.title, this.about, this.mark, this.#tools()), this.body);
    if (spec.description) this.node.title = spec.description;
  }

  #title() {
    return this.page.scope.fill(this.spec.title ?? "", this.page.now);
  }

  #tools() {
    if (!this.targets.length) return "";
    const csv = el("button", { class: "tool", type: "button", "aria-label": `CSV of ${this.#title()}` }, "CSV");
    csv.addEventListener("click", () => save(csvOf(this.frames ?? []), this.#title()));
    this.more = el("a", { class: "tool", "aria-label": `What is behind ${this.#title()}`, hidden: "" }, "More");
    return el("span", { class: "tools" }, this.more, csv);
  }

  /** The KPIs it shows, as its targets name them. */
  get kpis() {
    const named = this.targets.flatMap((t) => (t.url_options?.params ?? []).filter((p) => p.key === "kpi" || p.key === "kpis"));
    return named.flatMap((p) => p.value.split(",")).filter((id) => id in this.page.kpis);
  }

  /** The KPI it is about: the one its targets name, or its rows. */
  get kpi() {
    const id = this.kpis[0] ?? this.frames?.flatMap((f) => f.raw).find((row) => row.kpi)?.kpi;
    return this.page.kpis[id] ?? null;
  }

  /** Fetch and draw; an older answer that comes late is left aside. */
  async refresh() {
    const asked = ++this.asked;
    this.refreshedAt = performance.now();
    try {
      const frames = await Promise.all(
        this.targets.map((t) => frameOf(t, this.scope, this.page.now, this.#points())),
      );
      this.frames = frames.map((f) => organized(f, this.spec.transformations));
      this.failure = null;
    } catch (error) {
      if (asked !== this.asked) return;
      this.failure = error;
    }
    await this.draw();
    if (this.spec.type !== "stat" || this.failure) return;
    // The figure is there; its trend may take a moment longer, and moves slowly.
    if (this.trend && performance.now() - this.trendAt < TREND_REST_MS) return;
    this.trendAt = performance.now();
    const trend = await this.#trend();
    if (asked !== this.asked || trend === null) return;
    this.trend = trend;
    await this.draw();
  }

  /** Whether it may ask again: figures soon, pictures later; what failed at once. */
  get rested() {
    const rest = this.spec.type === "stat" ? FIGURE_REST_MS : PICTURE_REST_MS;
    return this.failure !== null || this.frames === null || performance.now() - this.refreshedAt >= rest;
  }

  /** No more steps than can be told apart from afar. */
  #points() {
    const em = parseFloat(getComputedStyle(this.body).fontSize);
    return Math.min(this.spec.maxDataPoints ?? POINTS_MAX, Math.max(24, Math.round(this.body.clientWidth / (em * 0.5))));
  }

  /** The partner that was chosen on the page; "" for all. */
  get #partner() {
    const name = this.page.scope.fill("${partner}", this.page.now);
    return name.startsWith("$") ? "" : name;
  }

  /** A tile's trend over its window: Grafana's tile has none, the wall's does. */
  async #trend() {
    const params = new Map((this.targets[0]?.url_options?.params ?? []).map((p) => [p.key, p.value]));
    if (this.kpis.length !== 1 || params.has("figures") || !this.kpi?.resolution) return null;
    // A partner's steps are days.
    const window = this.#partner ? "30d" : params.get("window") || this.kpi.window;
    const [from, points] = TRENDS[window] ?? ["now-24h", 25];
    params.delete("window");
    params.set("from", from).set("maxDataPoints", points).set("beside", "no");
    const target = {
      url: this.targets[0].url.replace("/panels/stat", "/panels/series").replace("/kpi/latest", "/kpi/series"),
      url_options: { params: [...params].map(([key, value]) => ({ key, value })) },
      columns: [{ selector: "time", type: "timestamp_epoch" }, { selector: "value", type: "number" }],
    };
    return frameOf(target, this.page.scope, this.page.now, points).catch(() => null);
  }

  async draw() {
    if (this.failure && !this.frames) return this.say(`This panel has no answer: ${this.failure.message}`, "failed");
    if (!this.frames && this.targets.length) return undefined;
    this.#describe();
    const draw = DRAW[this.spec.type];
    if (!draw) return this.say(`The wall cannot draw a panel of type ${this.spec.type}.`, "failed");
    let shown;
    try {
      shown = await draw(this.body, this);
    } catch (error) {
      this.failure = error;
      return this.say(`This panel could not be drawn: ${error.message}`, "failed");
    }
    if (shown === false) return this.say(this.emptyText, "empty");
    setState(this.node, "state", "shown");
    return undefined;
  }

  /** Instead of figures: why there are none. */
  say(words, state) {
    setState(this.node, "state", state);
    const known = this.body.firstElementChild;
    if (known?.className === "empty" && known.textContent === words) return;
    this.body.replaceChildren(el("p", { class: "empty" }, words));
  }

  get emptyText() {
    const told = this.spec.fieldConfig?.defaults?.noValue;
    if (told && told !== "no data" && told.length > 7) return told;
    const kind = this.targets[0]?.url.split("/").at(-1);
    if (kind in EMPTY) return EMPTY[kind];
    if (!this.kpi) return "Nothing to show for this time range.";
    const { topics, title, window } = this.kpi;
    if (this.spec.type === "timeseries" && this.#partner)
      return `No trend of ${title} for ${this.#partner}: nothing came yet, or it is not kept for single partners.`;
    const when = window === "now" ? "" : ` in the last ${windowName(window)}`;
    return `No ${title} yet${when}: waiting for events on topic ${topics.join(", ")}.`;
  }

  /** Stale and failing marks, the window, and the way to what is behind. */
  #describe() {
    const { kpi, page } = this;
    const stale = page.status.staleSinceOf(kpi?.topics ?? []);
    setState(this.node, "stale", stale === null ? null : "yes");
    // What concerns the whole wall is said once, in the header; what concerns a tile, under its figure.
    const own = stale !== null && page.status.staleSince === null && this.spec.type !== "stat";
    setText(this.mark, this.failure ? "◷ not refreshed" : own ? `◷ stale since ${moment(stale, page.now)}` : "");
    if (this.more && kpi) {
      this.more.hidden = false;
      this.more.setAttribute("href", page.behind(kpi.id, this));
    }
  }
}
