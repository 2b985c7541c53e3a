// The wall: built once from the catalogue, then kept up to date by the event stream.

import { byId, el } from "./dom.js";
import { useLocale } from "./format.js";
import { addressFor, audience, get, listen } from "./data.js";
import { Status } from "./status.js";
import { AlertLog } from "./alerts.js";
import { makeTiles } from "./tiles.js";
import { Menu } from "./nav.js";
import { Kiosk } from "./kiosk.js";
import { Voice } from "./voice.js";
import { DeliveriesPanel, TicketsPanel, TrendPanel } from "./panels.js";

const TREND_EVERY_MS = 10_000;
const TREND_ALL_EVERY_MS = 120_000;
const RELOAD_AFTER_MS = 24 * 3_600_000;
const TILES_PER_ROW_MAX = 7;

const status = new Status();
const alerts = new AlertLog(audience);
const due = new Set();
let tiles = [];
let panels = [];
let voice = null;

function build(catalogue) {
  useLocale(catalogue);
  const kpis = Object.fromEntries(catalogue.kpis.map((kpi) => [kpi.id, kpi]));
  tiles = makeTiles(catalogue, audience);
  const host = byId("tiles");
  const rows = Math.ceil(tiles.length / TILES_PER_ROW_MAX);
  const columns = Math.ceil(tiles.length / rows);
  host.style.setProperty("--columns", columns);
  host.replaceChildren(...tiles.map((tile) => tile.node));
  // What the grid leaves free is for the newest feedback.
  if (columns * rows > tiles.length) {
    voice = new Voice(audience);
    host.append(voice.node);
  }
  panels = [
    new TrendPanel("csat", kpis.csat, audience, (v) => `${Math.round(v * 100)} %`, alerts, 0.02),
    new TrendPanel("sentiment", kpis.sentiment_score, audience, (v) => v.toFixed(2).replace("-", "−"), alerts, 0.03),
    new TicketsPanel(kpis, audience),
    new DeliveriesPanel(kpis, audience),
  ];
}

function push(data, isSnapshot) {
  const wasStale = status.staleSince !== null;
  status.push(data);
  for (const tile of tiles) {
    const row = data.rows?.[`${tile.kpi.id}:${tile.segment}`];
    if (row) tile.update(row, isSnapshot);
  }
  if (data.alerts) alerts.update(data.alerts);
  for (const id of data.changed ?? []) due.add(id);
  if (data.lists?.includes(voice?.list) || isSnapshot) voice?.refresh(status.now).catch(() => {});
  if (isSnapshot || (wasStale && status.staleSince === null)) everythingDue();
  draw();
  if (data.alerts) panels.forEach((panel) => panel.draw());
}

function draw() {
  status.draw();
  for (const tile of tiles) {
    tile.mark(alerts.worstOf(tile.kpi.id), status.staleSinceOf(tile.kpi.topics), status.now);
  }
  alerts.draw(status.now);
}

function everythingDue() {
  for (const tile of tiles) due.add(tile.kpi.id);
  for (const panel of panels) panel.kpis.forEach((id) => due.add(id));
  refresh();
}

/** Fetch the trends of what changed, one after the other: a wall is in no hurry. */
let refreshing = false;
async function refresh() {
  if (refreshing || !due.size || status.connection !== "live") return;
  refreshing = true;
  const ids = new Set(due);
  due.clear();
  try {
    for (const panel of panels.filter((p) => p.kpis.some((id) => ids.has(id)))) await panel.refresh();
    for (const tile of tiles.filter((t) => ids.has(t.kpi.id))) {
      tile.draw(await get("/api/kpi/series", tile.trend));
    }
  } catch {
    // The header says what is wrong; try all of it again.
    ids.forEach((id) => due.add(id));
  } finally {
    refreshing = false;
  }
}

function redraw() {
  tiles.forEach((tile) => tile.draw());
  panels.forEach((panel) => panel.draw());
  draw();
}

async function start() {
  for (const link of document.querySelectorAll("[data-audience]")) {
    link.href = addressFor(link.dataset.audience);
    if (link.dataset.audience === audience) link.setAttribute("aria-current", "page");
  }
  try {
    build(await get("/api/kpis"));
  } catch (error) {
    const help = error.status === 401 ? "This wall needs a token: open it as /?token=…" : "The engine does not answer; trying again.";
    byId("tiles").replaceChildren(el("p", { class: "empty" }, help));
    setTimeout(start, 3_000);
    return;
  }
  get("/api/dashboards").then(({ rows }) => {
    new Menu(rows, byId("menu-button"));
    new Kiosk(rows).start();
  }, () => {});
  listen(push, (state) => {
    status.connected(state);
    draw();
  });
  setInterval(draw, 1_000);
  setInterval(refresh, TREND_EVERY_MS);
  setInterval(everythingDue, TREND_ALL_EVERY_MS);
  new ResizeObserver(redraw).observe(document.querySelector("main"));
  const opened = Date.now();
  // A page that runs for weeks takes up a newer version, and gives back its memory, once a day.
  setInterval(() => {
    if (Date.now() - opened > RELOAD_AFTER_MS && status.connection === "live") location.reload();
  }, 60_000);
}

start();
