// The alerts the wall knows of: which are open, and which concern a KPI.

import { byId, el } from "./dom.js";
import { SIGNS, WORDS } from "./words.js";

export const RANK = { red: 3, yellow: 2, blue: 1, ok: 0 };
const SHARED = ["all", "both", "none", "engine"];

/** Whether an alert is about a KPI as a whole, not about one channel or partner. */
const isTotal = (alert) => !alert.segment.includes("|");

export class AlertBook {
  constructor(audience) {
    this.audience = audience;
    this.alerts = [];
    this.known = false;
  }

  /** All alerts, as the API tells them. */
  update(alerts) {
    const concerns = (a) => this.audience === "all" || a.audience === this.audience || SHARED.includes(a.audience);
    this.alerts = alerts.filter(concerns);
    this.known = true;
  }

  get active() {
    return this.alerts.filter((a) => a.status !== "resolved");
  }

  /** Those that stand for themselves: what folds into an open alert of the same cause is counted there. */
  get leading() {
    const open = new Set(this.active.map((a) => a.fingerprint));
    return this.alerts.filter((a) => !(a.group && a.group !== a.fingerprint && open.has(a.group)));
  }

  /** The worst open alert of a KPI, of its total rather than of a part; or null. */
  worstOf(kpi) {
    const weight = (a) => RANK[a.severity] * 2 + (isTotal(a) ? 1 : 0);
    const found = this.active.filter((a) => a.kpi === kpi && a.severity !== "ok");
    return found.sort((a, b) => weight(b) - weight(a))[0] ?? null;
  }

  /** The spans of the alerts on a KPI's total, for its trend. */
  spansOf(kpi) {
    return this.alerts
      .filter((a) => a.kpi === kpi && isTotal(a))
      .map((a) => ({ from: a.opened_at, to: a.resolved_at, severity: a.severity, sign: SIGNS[a.severity] }));
  }
}

/** How many alerts are open, by severity, in the header. */
export function drawCounts(book) {
  const nodes = ["red", "yellow", "blue"]
    .map((severity) => [severity, book.active.filter((a) => a.severity === severity).length])
    .filter(([, n]) => n > 0)
    .map(([severity, n]) => el("span", { class: "count", "data-severity": severity }, `${SIGNS[severity]} ${n} ${WORDS[severity]}`));
  const host = byId("alert-counts");
  const quiet = book.known ? "✓ No open alerts" : "";
  const text = nodes.map((n) => n.textContent).join(" ") || quiet;
  if (host.dataset.text === text) return;
  host.dataset.text = text;
  host.replaceChildren(...(nodes.length ? nodes : [el("span", { class: "count", "data-severity": "ok" }, quiet)]));
}
