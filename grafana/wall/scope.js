// What a dashboard is looked at through: time range and variables, kept in the page's address
// under the names that Grafana uses (from, to, var-channel).

const RELATIVE = /^now(?:-(\d{1,6})([mhdw]))?$/;
const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const SAME_MOMENT_MS = 15_000;
const ALL = ["$__all", "All"];

const UNITS = { m: "minutes", h: "hours", d: "days", w: "weeks" };

/** A span in words: last 14 days. */
export function inWords(text) {
  const relative = RELATIVE.exec(text);
  return relative?.[1] ? `last ${relative[1]} ${UNITS[relative[2]]}` : text;
}

export const RANGES = ["now-1h", "now-6h", "now-24h", "now-7d", "now-30d"];

/** Epoch ms of `now-6h`, ISO 8601 or ms; null where it is none of these. */
export function moment(text, now) {
  const relative = RELATIVE.exec(text);
  if (relative) return now - (relative[1] ? Number(relative[1]) * UNIT_MS[relative[2]] : 0);
  const at = /^\d{1,16}$/.test(text) ? Number(text) : Date.parse(text);
  return Number.isFinite(at) ? at : null;
}

export class Scope {
  constructor(board, address = new URLSearchParams(location.search)) {
    const time = board.time ?? {};
    this.fromText = address.get("from") ?? time.from ?? "now-24h";
    this.toText = address.get("to") ?? time.to ?? "now";
    this.variables = board.templating?.list ?? [];
    this.values = new Map(
      this.variables.map((v) => [v.name, address.get(`var-${v.name}`) ?? first(v.current?.value) ?? ""]),
    );
  }

  /** The same, over a panel's own span (Grafana's timeFrom: `30d`). */
  since(span) {
    if (!span) return this;
    return Object.assign(new Scope({ templating: { list: this.variables } }), this, { fromText: `now-${span}`, toText: "now" });
  }

  /** The span in ms; a broken address falls back to the last day. */
  span(moment_ms) {
    // Walls that look at the same moment ask in the same words, so that one answer serves all.
    const now = Math.ceil(moment_ms / SAME_MOMENT_MS) * SAME_MOMENT_MS;
    const to = moment(this.toText, now) ?? now;
    const from = moment(this.fromText, now);
    return from === null || from >= to ? [to - UNIT_MS.d, to] : [from, to];
  }

  /** A text with ${channel}, $channel, ${__from}, ${__timeFrom:date:iso} … filled in. */
  fill(text, now, points = 300) {
    return text.replace(/\$\{(\w+)(?::[\w:]+)?\}|\$(\w+)/g, (whole, braced, plain) => {
      const value = this.#value(braced ?? plain, now, points);
      return value === undefined ? whole : String(value);
    });
  }

  #value(name, now, points) {
    const [from, to] = this.span(now);
    // Minutes, so that equal questions of many walls have equal words.
    const step = Math.max(60_000, Math.ceil((to - from) / points / 60_000) * 60_000);
    const known = {
      __from: from, __to: to, __timeFrom: from, __timeTo: to,
      __interval: `${step / 60_000}m`, __interval_ms: step, __maxDataPoints: points, maxDataPoints: points,
    };
    if (name in known) return known[name];
    const variable = this.variables.find((v) => v.name === name);
    if (!variable) return undefined;
    const value = this.values.get(name);
    return ALL.includes(value) ? (variable.allValue ?? "") : value;
  }

  /** The query part of an address with this range and these values. */
  get address() {
    const next = new URLSearchParams(location.search);
    next.set("from", this.fromText);
    next.set("to", this.toText);
    for (const [name, value] of this.values) next.set(`var-${name}`, value);
    return `?${next}`;
  }
}

const first = (value) => (Array.isArray(value) ? value[0] : value);
