// A dashboard's page: panels in Grafana's grid, refreshed by the event stream, without reload.

import { byId, el, setState, setText } from "./dom.js";
import { useLocale } from "./format.js";
import { get, listen, withToken } from "./data.js";
import { AlertBook, drawCounts } from "./alertbook.js";
import { Kiosk } from "./kiosk.js";
import { Menu } from "./nav.js";
import { Panel } from "./panel.js";
import { source } from "./plotly.js";
import { frameOf } from "./rows.js";
import { Scope } from "./scope.js";
import { Status } from "./status.js";
import { pickers } from "./pickers.js";
import { behind, boardOf } from "./detail.js";

const LIVE_EVERY_MS = 5_000;
const ALL_EVERY_MS = 60_000;
const RELOAD_AFTER_MS = 24 * 3_600_000;
// From this many rows of the grid on, panels keep a readable height and the page scrolls.
const ROWS_ON_SCREEN_MAX = 40;

/** What panels share: range and variables, state of the engine, alerts, annotations. */
class Page {
  constructor(board, kpis) {
    Object.assign(this, { board, kpis, annotations: [], status: new Status(), alerts: new AlertBook("all") });
    this.scope = new Scope(board);
    this.panels = board.panels.filter((p) => p.type !== "row").map((spec) => new Panel(spec, this));
    this.due = new Set();
    this.running = false;
  }

  get now() {
    return this.status.now;
  }

  behind(kpi, panel) {
    return withToken(behind(kpi, panel, this.scope));
  }

  /** Alerts as regions for all trends at once. */
  async annotate() {
    const enabled = (this.board.annotations?.list ?? []).filter((a) => a.enable !== false && a.target?.url);
    const frames = await Promise.all(enabled.map((a) => frameOf(a.target, this.scope, this.now, 300)));
    this.annotations = frames.flatMap((f) => f.raw).map((a) => ({ ...a, timeEnd: a.timeEnd ?? a.time, tags: Array.isArray(a.tags) ? a.tags : String(a.tags ?? "").split(",") }));
  }

  /** Refresh what is due: its questions travel together. */
  async refresh() {
    const waiting = this.panels.filter((p) => this.due.has(p) && p.rested);
    if (this.running || !waiting.length) return;
    this.running = true;
    waiting.forEach((p) => this.due.delete(p));
    try {
      const isTrend = (panel) => panel.spec.type === "timeseries";
      const marked = waiting.some(isTrend) ? this.annotate().catch(() => {}) : null;
      // Figures do not wait for the marks that trends are drawn with.
      await Promise.all(waiting.map(async (panel) => {
        if (isTrend(panel)) await marked;
        await panel.refresh();
      }));
      waiting.filter((panel) => panel.failure).forEach((panel) => this.due.add(panel));
    } finally {
      this.running = false;
      setState(document.body, "loaded", "yes");
    }
  }

  all() {
    this.panels.forEach((p) => this.due.add(p));
  }

  take(data, isSnapshot) {
    const was = this.status.staleSince;
    this.status.push(data);
    if (data.alerts) this.alerts.update(data.alerts);
    const changed = new Set(data.changed ?? []);
    const isDue = (p) => p.kpis.some((id) => changed.has(id)) || (!p.kpis.length && (changed.size || data.alerts || data.lists?.length));
    this.panels.filter(isDue).forEach((p) => this.due.add(p));
    if (isSnapshot || (was !== null && this.status.staleSince === null)) this.all();
    this.draw();
  }

  draw() {
    this.status.draw();
    drawCounts(this.alerts);
  }
}

/** Panels in the grid of 24 columns; a dashboard of one screen fills the screen. */
function lay(page) {
  const specs = page.board.panels;
  const rows = Math.max(1, ...specs.map((p) => p.gridPos.y + p.gridPos.h));
  const host = byId("panels");
  host.style.setProperty("--rows", rows);
  setState(document.body, "long", rows > ROWS_ON_SCREEN_MAX ? "yes" : null);
  const place = (node, { x, y, w, h }) => {
    node.style.setProperty("grid-area", `${y + 1} / ${x + 1} / span ${h} / span ${w}`);
    return node;
  };
  const headings = specs.filter((p) => p.type === "row").map((p) => place(el("h2", { class: "row-title" }, p.title ?? ""), p.gridPos));
  host.replaceChildren(...headings, ...page.panels.map((p) => place(p.node, p.spec.gridPos)));
}

function fail(error, again) {
  const help = error.status === 401 ? "This wall needs a token: open it with ?token=…" : error.status === 404 ? "There is no such dashboard; press m for the menu." : "The engine does not answer; trying again.";
  byId("panels").replaceChildren(el("p", { class: "empty" }, help));
  if (error.status !== 404) setTimeout(again, 3_000);
}

async function start() {
  let menu;
  try {
    const [, kind, id] = location.pathname.split("/").map(decodeURIComponent);
    const told = kind === "kpi" ? null : get(`/api/dashboards/${encodeURIComponent(id)}`);
    const [catalogue, listed, written] = await Promise.all([get("/api/kpis"), get("/api/dashboards"), told]);
    useLocale(catalogue);
    source.path = listed.plotly;
    menu = new Menu(listed.rows, byId("menu-button"));
    const kpis = Object.fromEntries(catalogue.kpis.map((kpi) => [kpi.id, kpi]));
    run(new Page(written ?? boardOf(kpis, id), kpis), menu, listed.rows);
  } catch (error) {
    fail(error, start);
  }
}

function run(page, menu, listed) {
  document.title = `${page.board.title} · Command Centre`;
  setText(byId("title"), page.board.title);
  setText(byId("subtitle"), page.board.description ?? "");
  byId("pickers").replaceChildren(...pickers(page.scope, page.board.links ?? []));
  lay(page);
  new Kiosk(listed).start();
  page.all();
  page.refresh();
  listen((data, isSnapshot) => page.take(data, isSnapshot), (state) => {
    page.status.connected(state);
    page.draw();
  }, { figures: "no" });
  setInterval(() => page.draw(), 1_000);
  setInterval(() => page.refresh(), LIVE_EVERY_MS);
  setInterval(() => page.all(), ALL_EVERY_MS);
  let resized = 0;
  new ResizeObserver(() => {
    clearTimeout(resized);
    resized = setTimeout(() => page.panels.forEach((p) => p.draw()), 150);
  }).observe(byId("panels"));
  const opened = Date.now();
  setInterval(() => {
    if (Date.now() - opened > RELOAD_AFTER_MS && page.status.connection === "live") location.reload();
  }, 60_000);
}

start();
