// The header: clock, engine, and whether what is shown can be believed.

import { byId, setState, setText } from "./dom.js";
import { NONE, clock, clockSeconds, grouped, moment } from "./format.js";

const SIGNS = { live: "●", stale: "◷", lost: "✕", connecting: "◌" };
const ENGINE = { ok: "✓ running", degraded: "◆ degraded", failed: "▲ failed" };

export class Status {
  constructor() {
    this.health = null;
    this.skew = 0;
    this.connection = "connecting";
    this.lostAt = null;
    this.dataAsOf = null;
  }

  /** The server's idea of now: a wall's own clock may be wrong. */
  get now() {
    return Date.now() + this.skew;
  }

  push(data) {
    if (data.at) this.skew = data.at - Date.now();
    if (data.health) this.health = data.health;
    const seen = [this.health?.data_as_of, ...Object.values(data.rows ?? {}).map((r) => r.as_of)];
    this.dataAsOf = Math.max(this.dataAsOf ?? 0, ...seen.filter(Boolean)) || null;
  }

  connected(state) {
    if (state === "lost" && this.connection !== "lost") this.lostAt = this.now;
    if (state === "live") this.lostAt = null;
    this.connection = state;
  }

  /** Since when everything is stale (connection or engine gone), or null. */
  get staleSince() {
    if (this.connection === "lost") return this.lostAt;
    return this.health?.status === "failed" ? this.health.since : null;
  }

  /** Since when a KPI that lives on these topics is stale, or null. */
  staleSinceOf(topics) {
    if (this.staleSince !== null) return this.staleSince;
    const silent = (this.health?.sources ?? []).filter((s) => topics.includes(s.topic) && s.since !== null);
    return silent.length ? Math.min(...silent.map((s) => s.since)) : null;
  }

  /** The same in words; null where it is fresh. */
  staleText(topics) {
    const since = this.staleSinceOf(topics);
    return since === null ? null : `◷ stale since ${moment(since, this.now)}`;
  }

  draw() {
    const health = this.health;
    setText(byId("clock"), clock(this.now));
    setText(byId("data-as-of"), this.dataAsOf === null ? NONE : clockSeconds(this.dataAsOf));
    setText(byId("engine-status"), health ? ENGINE[health.status] : NONE);
    setState(byId("engine"), "status", health?.status ?? null);
    byId("engine").title = health?.reasons.join("\n") ?? "";
    const rate = health?.rate_per_s ?? null;
    setText(byId("engine-rate"), rate === null ? NONE : `${grouped(rate)}/s`);
    setText(byId("engine-lag"), health?.lag == null ? NONE : grouped(health.lag));
    this.#connection();
  }

  #connection() {
    const host = byId("connection");
    const stale = this.staleSince;
    const failed = this.connection === "live" && this.health?.status === "failed";
    const state = failed ? "stale" : this.connection;
    const since = stale === null ? "" : `stale since ${moment(stale, this.now)}`;
    const words = {
      live: "Live",
      connecting: "Connecting",
      stale: since ? `No new data, ${since}` : "Waiting for the engine",
      lost: `Connection lost, ${since}`,
    };
    setState(host, "state", state);
    setText(host.querySelector(".icon"), SIGNS[state]);
    setText(host.querySelector(".words"), words[state]);
    setState(document.body, "stale", stale === null ? null : "yes");
  }
}
