// Figures, spans and moments as people read them. A missing value is an en dash, never 0.

const NARROW_SPACE = "\u202f";
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
export const NONE = "–";

let zone = "UTC";
let currency = "EUR";

/** Take over how this organisation writes times and money. */
export function useLocale(catalogue) {
  zone = catalogue.time_zone;
  currency = catalogue.currency;
}

const sign = (text) => text.replace("-", "−");

/** A number with thin spaces between thousands. */
export function grouped(value, decimals = 0) {
  const [whole, fraction] = Math.abs(value).toFixed(decimals).split(".");
  const spaced = whole.replace(/\B(?=(\d{3})+$)/g, NARROW_SPACE);
  const zero = !/[1-9]/.test(whole + (fraction ?? ""));
  return (value < 0 && !zero ? "−" : "") + spaced + (fraction ? `.${fraction}` : "");
}

function count(value, digitsMax) {
  const size = Math.abs(value);
  if (size >= 1e6) return [grouped(value / 1e6, 2), "M"];
  if (size >= 10 ** digitsMax) return [grouped(value / 1e3, size < 1e5 ? 1 : 0), "k"];
  return [grouped(value, Number.isInteger(value) || size >= 100 ? 0 : 1), ""];
}

function duration(ms) {
  const size = Math.abs(ms);
  if (size > 0 && size < 1_000) return [grouped(ms), "ms"];
  if (size < 90_000) return [grouped(ms / 1000), "s"];
  if (size < 90 * MINUTE) return [grouped(ms / MINUTE), "min"];
  if (size < 2 * DAY) return [grouped(ms / HOUR, 1), "h"];
  return [grouped(ms / DAY, 1), "d"];
}

/** [figure, unit] of a KPI's value; a tile has room for five digits. */
export function parts(unit, value, digitsMax = 5) {
  if (value === null || value === undefined) return [NONE, ""];
  if (unit === "percent") return [grouped(value * 100, 1), "%"];
  if (unit === "score") return [sign(grouped(Math.round(value))), ""];
  if (unit === "rating") return [grouped(value, 2), ""];
  if (unit === "duration") return duration(value);
  // A currency's name takes the room of a digit.
  const [figure, thousands] = count(value, unit === "money" ? Math.min(4, digitsMax) : digitsMax);
  return [figure, unit === "money" ? `${thousands} ${currency}`.trim() : thousands];
}

/** The same as one text. */
export const value = (unit, v) => parts(unit, v, 6).filter(Boolean).join(NARROW_SPACE);

/** A target: as short as it can be said. */
export const trimmed = (unit, v) => value(unit, v).replace(/\.0+(?=\D|$)/, "");

/** A difference or a ± in the value's unit, without sign. */
export function span(unit, difference) {
  const size = Math.abs(difference);
  if (unit === "percent") return `${grouped(size * 100, 1)}${NARROW_SPACE}pts`;
  if (unit === "score") return `${grouped(size, 1)}${NARROW_SPACE}pts`;
  return value(unit, size);
}

/** 12 min, 3 h 05 min, 2 d 4 h. */
export function age(ms) {
  const minutes = Math.max(0, Math.floor(ms / MINUTE));
  if (minutes < 1) return "under a minute";
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ${String(minutes % 60).padStart(2, "0")} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

const made = new Map();

function formatted(at, options) {
  const key = zone + JSON.stringify(options);
  if (!made.has(key)) {
    made.set(key, new Intl.DateTimeFormat("en-GB", { timeZone: zone, ...options }));
  }
  return made.get(key).format(new Date(at));
}

/** 14:05 in the organisation's time zone. */
export const clock = (at) => formatted(at, { hour: "2-digit", minute: "2-digit" });

/** 14:05:09. */
export const clockSeconds = (at) =>
  formatted(at, { hour: "2-digit", minute: "2-digit", second: "2-digit" });

/** 14:05 today, Mon 14:05 within the week, 3 Mar 14:05 before. */
export function moment(at, now) {
  const day = (t) => formatted(t, { year: "numeric", month: "2-digit", day: "2-digit" });
  if (day(at) === day(now)) return clock(at);
  const options = now - at < 6 * DAY ? { weekday: "short" } : { day: "numeric", month: "short" };
  return `${formatted(at, options)} ${clock(at)}`;
}

/** 3 Mar. */
export const dayName = (at) => formatted(at, { day: "numeric", month: "short" });

/** How far local time is ahead of UTC at a moment, in ms. */
export function offsetOf(at) {
  const part = Object.fromEntries(
    new Intl.DateTimeFormat("en-GB", { timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric" })
      .formatToParts(new Date(at))
      .map((p) => [p.type, Number(p.value)]),
  );
  return Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute) - Math.floor(at / MINUTE) * MINUTE;
}

const WINDOWS = { "5m": "5 min", "1h": "1 h", "24h": "24 h", "7d": "7 d", "30d": "30 d", "90d": "90 d", now: "now" };

/** A window's name for people. */
export const windowName = (id) => WINDOWS[id] ?? id;
