// The panels below the tiles: two trends, tickets and deliveries.

import { byId, el, setState, setText } from "./dom.js";
import { grouped, parts, trimmed, value } from "./format.js";
import { barChart, lineChart } from "./charts.js";
import { get } from "./data.js";

const WEEK = 7 * 24 * 3_600_000;
// A day by the hour touches 25 of them.
const HOURS = 25;
const RANKED = 5;

const legend = (id, entries) =>
  byId(id).replaceChildren(
    ...entries.map(([kind, text]) => el("span", { class: "legend-entry", "data-line": kind }, text)),
  );

/** Today's and last week's hours of a KPI, last week's moved to today's times. */
async function byHour(kpi, segment) {
  const [today, before] = await Promise.all([
    get("/api/kpi/series", { kpi, segment, from: "now-24h", maxDataPoints: HOURS }),
    get("/api/kpi/series", { kpi, segment, from: "now-8d", to: "now-7d", maxDataPoints: HOURS }),
  ]);
  return {
    rows: today.rows,
    step: today.step_ms,
    previous: before.rows.map((row) => ({ ...row, time: row.time + WEEK })),
  };
}

function empty(host, kpi) {
  const name = kpi.title === kpi.title.toUpperCase() ? kpi.title : kpi.title.toLowerCase();
  const text = `No ${name} yet: waiting for events on topic ${kpi.topics.join(", ")}`;
  host.replaceChildren(el("p", { class: "empty" }, text));
}

const hasData = (rows) => rows.some((row) => row.value !== null);

/** A trend over 24 h against last week and target. */
export class TrendPanel {
  constructor(name, kpi, segment, axis, alerts, least) {
    Object.assign(this, { kpi, segment, axis, alerts, least, kpis: [kpi.id], data: null });
    this.host = byId(`${name}-chart`);
    const target = kpi.target === null ? [] : [["target", `target ${trimmed(kpi.unit, kpi.target)}`]];
    legend(`${name}-legend`, [["line", "today"], ["previous", "last week"], ...target]);
  }

  async refresh() {
    this.data = await byHour(this.kpi.id, this.segment);
    this.draw();
  }

  draw() {
    if (!this.data) return;
    if (!hasData(this.data.rows)) {
      empty(this.host, this.kpi);
      return;
    }
    lineChart(this.host, {
      ...this.data,
      target: this.kpi.target,
      axis: this.axis,
      least: this.least,
      spans: this.alerts.spansOf(this.kpi.id),
      label: `${this.kpi.title} over the last 24 hours, against last week`,
    });
  }
}

/** A row of figures with names under a panel's title. */
class Figures {
  constructor(id, entries) {
    this.entries = entries.map(([kpi, segment, name]) => {
      const node = el("p", { class: "fact" }, el("b", {}, "–"), el("span", {}, name));
      return { kpi, segment, node };
    });
    byId(id).replaceChildren(...this.entries.map((e) => e.node));
  }

  async refresh() {
    const kpi = this.entries.map((e) => e.kpi.id).join();
    const { rows } = await get("/api/kpi/latest", { kpi, segment: this.entries[0].segment });
    for (const { kpi, node } of this.entries) {
      const row = rows.find((r) => r.kpi === kpi.id);
      const [figure, unit] = parts(kpi.unit, row.value);
      setText(node.firstChild, unit ? `${figure}\u202f${unit}` : figure);
      setState(node, "met", row.target_met === null ? null : String(row.target_met));
    }
  }
}

/** Tickets: opened per hour, and how many are open, waiting and overdue. */
export class TicketsPanel {
  constructor(kpis, segment) {
    Object.assign(this, { kpi: kpis.tickets_opened, segment, data: null });
    this.kpis = ["tickets_opened", "tickets_open", "tickets_waiting", "tickets_overdue"];
    this.host = byId("tickets-chart");
    this.figures = new Figures("tickets-figures", [
      [kpis.tickets_open, segment, "open"],
      [kpis.tickets_waiting, segment, "waiting for a first response"],
      [kpis.tickets_overdue, segment, "overdue"],
    ]);
    legend("tickets-legend", [["bar", "today"], ["previous", "last week"]]);
  }

  async refresh() {
    const [data] = await Promise.all([byHour(this.kpi.id, this.segment), this.figures.refresh()]);
    this.data = data;
    this.draw();
  }

  draw() {
    if (!this.data) return;
    if (!hasData(this.data.rows)) {
      empty(this.host, this.kpi);
      return;
    }
    const label = "Tickets opened per hour over the last 24 hours, against last week";
    barChart(this.host, { ...this.data, axis: (v) => grouped(v), label });
  }
}

/** Deliveries: on time, overdue, and the partners that need a call. */
export class DeliveriesPanel {
  constructor(kpis, segment) {
    Object.assign(this, { rate: kpis.on_time_delivery_rate, overdue: kpis.deliveries_overdue, segment });
    this.kpis = ["on_time_delivery_rate", "deliveries_overdue"];
    this.host = byId("deliveries-ranking");
    this.figures = new Figures("deliveries-figures", [
      [this.rate, segment, "on time, 7 days"],
      [this.overdue, segment, "overdue now"],
    ]);
  }

  async refresh() {
    const split = { split: "partner", segment: this.segment };
    const [overdue, rates] = await Promise.all([
      get("/api/kpi/latest", { kpi: this.overdue.id, ...split }),
      get("/api/kpi/latest", { kpi: this.rate.id, ...split }),
      this.figures.refresh(),
    ]);
    const rateOf = new Map(rates.rows.map((row) => [row.label, row]));
    const worst = overdue.rows
      .filter((row) => row.value > 0)
      .sort((a, b) => b.value - a.value || (a.label < b.label ? -1 : 1))
      .slice(0, RANKED);
    this.#show(worst, rateOf, overdue.rows.length > 0);
  }

  #show(worst, rateOf, known) {
    if (!worst.length) {
      const quiet = known ? "No partner has overdue deliveries." : "No deliveries by partner yet: waiting for events on topic deliveries";
      this.host.replaceChildren(el("p", { class: "empty" }, quiet));
      return;
    }
    const most = worst[0].value;
    this.host.replaceChildren(
      ...worst.map((row) => {
        const bar = el("span", { class: "share", "aria-hidden": "true" });
        bar.style.setProperty("--share", row.value / most);
        const rate = value("percent", rateOf.get(row.label)?.value ?? null);
        return el("p", { class: "ranked" }, el("span", { class: "name" }, row.label), bar, el("b", {}, grouped(row.value)), el("span", { class: "rate" }, `${rate} on time`));
      }),
    );
  }

  draw() {}
}
