// The on-call page: what is wrong, the worst first; one alert with its history; buttons.

import { act, forget, get, remember } from "./api.js";
import { byId, el, setText } from "/static/dom.js";
import { useLocale } from "/static/format.js";
import { card, detail, silenceRow } from "./views.js";

const EVERY_MS = 5_000;
const RANK = { red: 3, yellow: 2, blue: 1, ok: 0 };
let alerts = [];
let silences = [];
let known = false;
let busy = false;

const chosen = () => decodeURIComponent(location.hash.slice(1));
const active = (alert) => alert.status !== "resolved";

function toast(text, kind) {
  const node = byId("toast");
  node.dataset.kind = kind;
  setText(node, text);
  node.hidden = false;
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => (node.hidden = true), 6_000);
}

function draw() {
  const one = alerts.find((alert) => alert.fingerprint === chosen());
  byId("one").hidden = !one;
  byId("alerts").hidden = Boolean(one);
  byId("silenced").hidden = Boolean(one) || !silences.length;
  if (one) detail(byId("one"), one, perform);
  else list();
  const open = alerts.filter(active);
  const red = open.filter((alert) => alert.severity === "red" && !alert.muted).length;
  setText(byId("state"), open.length ? `${open.length} active, ${red} critical` : "All quiet");
  document.title = red ? `(${red}) On call` : "On call";
}

function list() {
  const weight = (a) => (active(a) ? 100 : 0) + (a.muted ? 0 : 10) + RANK[a.severity];
  const rows = [...alerts].sort((a, b) => weight(b) - weight(a) || b.opened_at - a.opened_at);
  const nodes = rows.map((alert) => card(alert));
  byId("alerts").replaceChildren(...(nodes.length ? nodes : [el("li", { class: "empty" }, "No alerts in the last 24 hours.")]));
  byId("silences").replaceChildren(...silences.map((silence) => silenceRow(silence, () => unsilence(silence))));
}

/** Pages that do not arrive matter more than any alert. */
function deliveryState(rows) {
  const wrong = rows.filter((row) => row.failing_since || row.error);
  const texts = wrong.map((row) => [row.receiver, row.error, row.waiting ? `${row.waiting} wait` : ""]);
  byId("delivery").hidden = !wrong.length;
  setText(byId("delivery"), texts.map((words) => words.filter(Boolean).join(": ")).join(" · "));
}

async function perform(path, body) {
  await settle("POST", path, body);
}

async function unsilence(silence) {
  await settle("DELETE", `/api/silences/${encodeURIComponent(silence.id)}`, {});
}

async function settle(method, path, body) {
  if (busy) return;
  busy = true;
  document.body.classList.add("busy");
  try {
    const told = await act(method, path, body);
    const words = { accepted: "Done", pending: "Sent; the engine has not answered yet" };
    const refused = `Refused: it is ${(told.alert_status ?? "").replace("_", " ") || "unknown"}`;
    toast(words[told.status] ?? refused, told.status);
  } catch (error) {
    if (error.status === 401) signIn("token", error.message);
    toast(error.message, "refused");
  } finally {
    busy = false;
    document.body.classList.remove("busy");
  }
  await refresh();
}

/** Ask for the token, or for a name where tokens are nobody's own. */
function signIn(kind, why) {
  const form = byId("sign-in");
  form.hidden = false;
  byId("secret").type = kind === "token" ? "password" : "text";
  setText(byId("secret-label"), kind === "token" ? "Your token" : "Your name");
  setText(byId("sign-in-why"), why);
  form.onsubmit = (event) => {
    event.preventDefault();
    remember(kind, byId("secret").value.trim());
    byId("secret").value = "";
    form.hidden = true;
    start();
  };
}

async function refresh() {
  if (document.hidden && known) return;
  try {
    const asked = ["/api/alerts", "/api/silences", "/api/delivery"].map(get);
    const [told, silenced, delivery] = await Promise.all(asked);
    deliveryState(delivery.rows);
    [alerts, silences, known] = [told.rows.filter((alert) => !alert.history), silenced.rows, true];
    // What a person types is not taken from under their fingers.
    if (!document.activeElement?.matches("#one input")) draw();
    document.body.classList.remove("stale");
  } catch (error) {
    document.body.classList.add("stale");
    setText(byId("state"), error.status ? error.message : "No connection: what you see is old");
  }
}

async function start() {
  try {
    const me = await get("/api/me");
    if (me.needs === "name" && !sessionStorage.getItem("cc-oncall-name")) {
      signIn("name", "It stands beside what you do.");
    }
    useLocale(await get("/api/kpis"));
  } catch (error) {
    if (error.status === 401) {
      forget();
      signIn("token", error.message);
      setText(byId("state"), "Not signed in");
      return;
    }
  }
  await refresh();
}

addEventListener("hashchange", () => {
  draw();
  scrollTo(0, 0);
});
document.addEventListener("visibilitychange", refresh);
setInterval(() => known && refresh(), EVERY_MS);
start();
