// What is behind a figure: a dashboard made for one KPI, from its catalogue row.

import { windowName } from "./format.js";

const FILTERS = { channel: "${channel}", region: "${region}", partner: "${partner}" };
const UNITS = { percent: "percentunit", duration: "ms", money: "currency", count: "short" };
const when = (selector, text) => ({ selector, text, type: "timestamp_epoch" });
const word = (selector, text = selector) => ({ selector, text, type: "string" });
const number = (selector, text = selector) => ({ selector, text, type: "number" });
const BEHIND = {
  feedback: ["list", "feedback_latest", "Latest texts", [when("time", "when"), word("sentiment"), word("text"), word("channel"), word("product")]],
  interactions: ["list", "feedback_latest", "Latest texts", [when("time", "when"), word("sentiment"), word("text"), word("channel")]],
  tickets: ["register", "open_tickets", "Open tickets, the oldest first", [when("opened_at", "opened"), word("id", "ticket"), word("priority"), word("kind"), word("status"), word("channel"), word("partner")]],
  deliveries: ["register", "open_deliveries", "Deliveries not yet made", [when("due_at", "due"), word("id", "order"), word("state"), word("partner"), word("region")]],
  inventory: ["register", "low_stock", "Low stock", [word("sku"), word("location"), number("on_hand", "on hand"), number("reorder_point", "reorder point"), number("days_left", "days left"), word("state")]],
  workflows: ["register", "workflows", "Workflows under way", [word("name"), word("team"), word("partner"), when("due_at", "due"), word("reason")]],
  "service-health": ["register", "services", "Services", [word("service"), word("state"), number("latency_ms", "latency, ms"), number("failed", "failed in a row")]],
};
const COLOURS = { positive: "green", negative: "red", overdue: "red", critical: "red", high: "yellow", down: "red", up: "green", better: "green", worse: "yellow", "under reorder point": "red", "runs out": "yellow" };

function ask(kind, params, columns, path = `/api/panels/${kind}`) {
  const given = Object.entries(params).filter(([, value]) => value !== "").map(([key, value]) => ({ key, value: String(value) }));
  return { refId: "A", url: path, url_options: { params: given }, columns };
}

const states = {
  mappings: [{ type: "value", options: Object.fromEntries(Object.entries(COLOURS).map(([text, color]) => [text, { text, color }])) }],
};
const fields = (unit, noValue, overrides = []) => ({ defaults: { unit, noValue, custom: {}, ...states }, overrides });
const override = (name, properties) => ({ matcher: { id: "byName", options: name }, properties: Object.entries(properties).map(([id, value]) => ({ id, value })) });

/** The address of the page behind a figure: same range, filters and audience. */
export function behind(kpi, panel, scope) {
  const query = new URLSearchParams({ from: scope.fromText, to: scope.toText });
  for (const [name, value] of scope.values) query.set(`var-${name}`, value);
  const audience = panel.targets[0]?.url_options?.params?.find((p) => p.key === "audience")?.value;
  if (audience) query.set("audience", audience);
  return `/kpi/${encodeURIComponent(kpi)}?${query}`;
}

/** Panels for a KPI: value, trend against last week, what drives the change, alerts, what is behind. */
export function boardOf(kpis, id, address = new URLSearchParams(location.search)) {
  const kpi = kpis[id];
  if (!kpi) throw Object.assign(new Error("no such KPI"), { status: 404 });
  const audience = kpi.audiences.includes(address.get("audience")) ? address.get("audience") : kpi.audiences[0];
  const panels = [tile(kpi, audience), trend(kpi, audience)];
  const splits = kpi.splits.filter((s) => s.length === 1).slice(0, 3);
  splits.forEach(([split], place) => {
    const w = 24 / splits.length;
    panels.push(drivers(kpi, audience, split, { x: place * w, y: 10, w, h: 9 }));
  });
  const y = splits.length ? 19 : 10;
  const about = BEHIND[kpi.topics.find((t) => t in BEHIND)];
  panels.push(alerts(kpi, audience, { x: 0, y, w: about ? 10 : 24, h: 9 }));
  if (about) panels.push(things(about, audience, { x: 10, y, w: 14, h: 9 }));
  panels.forEach((panel, place) => { panel.id = place + 1; });
  return { title: kpi.title, description: kpi.subtitle, time: { from: "now-24h", to: "now" }, templating: { list: variables() }, panels };
}

const variables = () => Object.keys(FILTERS).map((name) => ({
  name, label: name[0].toUpperCase() + name.slice(1), type: "query", includeAll: true, allValue: "", current: { value: "$__all" },
  query: ask("values", { dimension: name }, [word("value")]),
}));

const tile = (kpi, audience) => ({
  type: "stat", title: `${kpi.title}${kpi.window === "now" ? "" : `, ${windowName(kpi.window)}`}`, gridPos: { x: 0, y: 0, w: 6, h: 10 },
  targets: [ask("stat", { kpi: kpi.id, audience, ...FILTERS }, [number("value")])],
  options: { reduceOptions: { fields: "/^value$/" } }, fieldConfig: fields(UNITS[kpi.unit] ?? "none"),
});

const trend = (kpi, audience) => ({
  type: "timeseries", title: "Trend", gridPos: { x: 6, y: 0, w: 18, h: 10 },
  targets: [ask("series", { kpi: kpi.id, audience, ...FILTERS, from: "${__from}", to: "${__to}", maxDataPoints: 150 }, [when("time", "time"), number("value", kpi.title), number("last_week", "last week"), number("target")])],
  fieldConfig: fields(UNITS[kpi.unit] ?? "none", kpi.resolution ? undefined : `No trend is kept of ${kpi.title}.`),
});

const drivers = (kpi, audience, split, gridPos) => ({
  type: "table", title: `What drives the change, by ${split}`, gridPos,
  targets: [ask("drivers", { kpi: kpi.id, audience, split }, [word("label", split), number("value", "now"), number("previous", "last week"), number("n"), number("contribution"), word("effect")], "/api/kpi/drivers")],
  fieldConfig: fields(UNITS[kpi.unit] ?? "none", `No ${kpi.title} by ${split} yet.`, [override("n", { unit: "short" }), override("contribution", { unit: `change:${kpi.unit}` })]),
});

const alerts = (kpi, audience, gridPos) => ({
  type: "table", title: "Alerts, last 7 days", gridPos,
  targets: [ask("annotations", { kpi: kpi.id, from: "now-7d" }, [when("time", "since"), word("text", "alert")])],
  options: { sortBy: [{ displayName: "since", desc: true }] },
  fieldConfig: fields("none", `No alerts of ${kpi.title} in the last 7 days.`),
});

const things = ([kind, name, title, columns], audience, gridPos) => ({
  type: "table", title, gridPos,
  targets: [ask(kind, { name, audience, top: 20, ...(kind === "register" ? FILTERS : {}) }, columns)],
  fieldConfig: fields("none", "Nothing of this kind has arrived yet."),
});
