// What an alert looks like: a card in the list, and the whole of it with its buttons.

import { el } from "/static/dom.js";
import { age, grouped, moment, value } from "/static/format.js";
import { name } from "./api.js";

const SIGNS = { red: "●", yellow: "▲", blue: "■", ok: "✓" };
const HOURS = [1, 4, 12, 24];
const over = (alert) => alert.status === "resolved";
const severity = (alert) => (over(alert) ? "ok" : alert.severity);
const words = (alert) => (over(alert) ? "resolved" : alert.word);

function figures(alert) {
  const expected = alert.expected === null ? "" : ` against ${value(alert.unit, alert.expected)} expected`;
  return `${value(alert.unit, alert.value)}${expected} · n ${grouped(alert.n)}`;
}

function status(alert) {
  const lasting = age((over(alert) ? (alert.resolved_at ?? alert.updated_at) : Date.now()) - (alert.since ?? alert.opened_at));
  return [alert.status.replace("_", " "), alert.owner, lasting].filter(Boolean).join(" · ");
}

/** A row of the list; touching it opens the alert. */
export function card(alert) {
  const link = el(
    "a",
    { href: `#${encodeURIComponent(alert.fingerprint)}` },
    el("span", { class: "word" }, `${SIGNS[severity(alert)]} ${words(alert)}`),
    el("span", { class: "title" }, alert.title),
    el("span", { class: "figures" }, figures(alert)),
    el("span", { class: "status" }, status(alert)),
  );
  if (alert.muted) link.append(el("span", { class: "muted" }, `pages nobody: ${alert.muted}`));
  return el("li", { class: "card", "data-severity": severity(alert), "data-fingerprint": alert.fingerprint }, link);
}

/** One alert, its history and what can be done with it. */
export function detail(host, alert, perform) {
  const facts = [
    ["Value", figures(alert)],
    ["Since", moment(alert.since ?? alert.opened_at, Date.now())],
    ["Status", status(alert)],
    ["Why", alert.reason],
    ["Do", over(alert) ? "" : alert.action],
    ["Muted", alert.muted],
    ["Together", alert.folded_n ? `with ${alert.folded_n} more` : ""],
  ].filter(([, text]) => text);
  host.replaceChildren(
    el("a", { href: "#", class: "back" }, "‹ All alerts"),
    el(
      "article",
      { class: "card", "data-severity": severity(alert) },
      el("p", { class: "word" }, `${SIGNS[severity(alert)]} ${words(alert)}`),
      el("h2", {}, alert.title),
      el("dl", {}, ...facts.flatMap(([term, text]) => [el("dt", {}, term), el("dd", {}, text)])),
    ),
    buttons(alert, perform),
    el("a", { class: "link", href: `/d/${encodeURIComponent(alert.dashboard)}` }, "Dashboard"),
    el("h3", {}, "History"),
    history(alert),
  );
}

function buttons(alert, perform) {
  const path = `/api/alerts/${encodeURIComponent(alert.fingerprint)}/actions`;
  const note = el("input", { type: "text", maxlength: "1000", placeholder: "comment (optional)", "aria-label": "Comment" });
  const whom = el("input", { type: "text", maxlength: "100", placeholder: "to whom", "aria-label": "Owner" });
  const button = (text, action, more = () => ({})) => {
    const node = el("button", { type: "button", "data-action": action }, text);
    node.addEventListener("click", () => perform(path, { action, comment: note.value, ...more() }));
    return node;
  };
  const can = {
    open: ["acknowledge", "start", "resolve"],
    acknowledged: ["start", "resolve"],
    in_progress: ["resolve"],
    resolved: ["reopen"],
  }[alert.status];
  const texts = { acknowledge: "Acknowledge", start: "I am on it", resolve: "Resolve", reopen: "Reopen" };
  const rows = [el("div", { class: "row" }, ...can.map((action) => button(texts[action], action))), note];
  if (!over(alert)) {
    const assign = button("Assign", "assign", () => ({ owner: whom.value || name() }));
    rows.push(el("div", { class: "row" }, button("Comment", "comment"), assign, whom), silence(alert, note, perform));
  }
  return el("div", { class: "buttons" }, ...rows);
}

function silence(alert, note, perform) {
  const hours = HOURS.map((count) => {
    const node = el("button", { type: "button", "data-silence": String(count) }, `${count} h`);
    const matchers = { fingerprint: alert.fingerprint };
    node.addEventListener("click", () =>
      perform("/api/silences", { matchers, duration_min: count * 60, comment: note.value }),
    );
    return node;
  });
  return el("div", { class: "row" }, el("span", { class: "label" }, "Silence for"), ...hours);
}

function history(alert) {
  const rows = [...alert.steps].reverse().map((step) =>
    el(
      "li",
      {},
      el("time", {}, moment(step.at, Date.now())),
      el("span", {}, [step.what, step.who === "engine" ? "" : `by ${step.who}`].filter(Boolean).join(" ")),
      el("span", { class: "comment" }, step.comment ?? ""),
    ),
  );
  return el("ol", { class: "history" }, ...rows);
}

/** A silence, and the button that ends it. */
export function silenceRow(silence, end) {
  const button = el("button", { type: "button" }, "End");
  button.addEventListener("click", end);
  const matches = Object.entries(silence.matchers).map(([field, text]) => `${field} = ${text}`);
  const until = `until ${moment(silence.ends_at, Date.now())} ${silence.repeat ?? ""}`;
  const about = [matches.join(", "), until.trim(), `by ${silence.who}`, silence.comment].filter(Boolean);
  return el("li", {}, el("span", {}, about.join(" · ")), button);
}
