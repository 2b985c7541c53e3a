// The alert log: what is open first, then what was resolved; newest first within both.

import { byId, el, setState, setText } from "./dom.js";
import { age, clock, grouped, moment, value } from "./format.js";
import { AlertBook, RANK, drawCounts } from "./alertbook.js";
import { behindOf } from "./links.js";
import { SIGNS } from "./words.js";

// Heights of a row in the style sheet, without and with what to do.
const ROW_REM = 3.9;
const ROOMY_REM = 5.4;
const STATUS = { open: "open", acknowledged: "acknowledged", in_progress: "in progress" };
const WHOSE = { all: "everyone", customer: "customers", partner: "partners" };

export class AlertLog extends AlertBook {
  constructor(audience) {
    super(audience);
    this.rows = new Map();
    this.list = byId("alerts");
    this.more = byId("alerts-more");
  }

  draw(now) {
    drawCounts(this);
    const shown = this.#chosen();
    const fresh = shown.map((alert) => this.#row(alert, now));
    const gone = new Set(this.list.children);
    fresh.forEach((node, place) => {
      gone.delete(node);
      if (this.list.children[place] !== node) this.list.insertBefore(node, this.list.children[place] ?? null);
    });
    gone.forEach((node) => node.remove());
    const hidden = this.leading.length - shown.length;
    setText(this.more, hidden > 0 ? `and ${hidden} more` : "");
    if (!shown.length) this.#empty();
  }

  /** As many as fit: open before resolved, worst before mild; then newest first. */
  #chosen() {
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const height = this.list.clientHeight / rem;
    const alerts = this.leading;
    const active = alerts.filter((a) => a.status !== "resolved").length;
    // With few alerts there is room to say what to do.
    const roomy = active * ROOMY_REM + (alerts.length - active) * ROW_REM <= height;
    setState(this.list, "roomy", roomy ? "yes" : null);
    const room = roomy ? alerts.length : Math.max(3, Math.floor(height / ROW_REM));
    const open = (a) => (a.status === "resolved" ? 0 : 1);
    const newest = (a, b) => open(b) - open(a) || b.opened_at - a.opened_at || (a.fingerprint < b.fingerprint ? -1 : 1);
    const weight = (a) => open(a) * 10 + (open(a) ? RANK[a.severity] : 0);
    return alerts
      .sort((a, b) => weight(b) - weight(a) || newest(a, b))
      .slice(0, room)
      .sort(newest);
  }

  #row(alert, now) {
    const key = `${alert.fingerprint} ${alert.opened_at}`;
    let row = this.rows.get(key);
    if (!row) {
      row = {
        sign: el("span", { class: "alert-sign", "aria-hidden": "true" }),
        time: el("time", { class: "alert-time" }),
        word: el("span", { class: "alert-word" }),
        title: el("a", { class: "alert-title", href: alert.kpi ? behindOf(alert.kpi, alert.segment) : null }),
        detail: el("span", { class: "alert-detail" }),
        since: el("span", { class: "alert-since" }),
        action: el("span", { class: "alert-action" }),
      };
      row.node = el("li", { class: "alert", "data-alert": alert.fingerprint }, ...Object.values(row));
      this.rows.set(key, row);
    }
    const over = alert.status === "resolved";
    const severity = over ? "ok" : alert.severity;
    setState(row.node, "severity", severity);
    setState(row.node, "status", alert.status);
    setText(row.sign, SIGNS[severity]);
    setText(row.time, moment(alert.opened_at, now));
    setText(row.word, over ? `was ${alert.word}` : alert.word);
    setText(row.title, alert.title);
    setText(row.detail, this.#detail(alert));
    setText(row.action, over || !alert.action ? "" : `→ ${alert.action}`);
    setText(row.since, this.#since(alert, now));
    return row.node;
  }

  #since(alert, now) {
    if (alert.status === "resolved") return `resolved ${clock(alert.resolved_at ?? alert.updated_at)}`;
    const status = [STATUS[alert.status], alert.owner].filter(Boolean).join(", ");
    return `${status} · ${age(now - alert.opened_at)}`;
  }

  #detail(alert) {
    const expected = alert.expected === null ? "" : ` against ${value(alert.unit, alert.expected)} expected`;
    return `${WHOSE[alert.label] ?? alert.label} · ${value(alert.unit, alert.value)}${expected} · n ${grouped(alert.n)}${this.#parts(alert)}`;
  }

  /** How many open alerts of the same cause fold into this one. */
  #parts(alert) {
    const parts = this.active.filter((a) => a.group === alert.fingerprint && a.fingerprint !== alert.fingerprint).length;
    return parts ? ` · and in ${parts} more segment${parts > 1 ? "s" : ""}` : "";
  }

  #empty() {
    const text = this.known ? "No alerts in the last 24 hours." : "Waiting for the engine to report its alerts.";
    this.list.replaceChildren(el("li", { class: "empty" }, text));
  }
}
