// Where a time axis is labelled: at round moments of the organisation's own clock.

import { clock, dayName, offsetOf } from "./format.js";

const MINUTE = 60_000;
const DAY = 1_440 * MINUTE;
const STEPS = [5, 10, 15, 30, 60, 120, 180, 360, 720, 1_440, 2_880, 7 * 1_440, 14 * 1_440, 28 * 1_440, 56 * 1_440].map((m) => m * MINUTE);

/** [[moment, label], …]: at most `most` of them; clock times within days, dates beyond. */
export function timeTicks(from, to, most) {
  const step = STEPS.find((s) => (to - from) / s <= Math.max(most, 2)) ?? STEPS.at(-1);
  const offset = offsetOf(from);
  const found = [];
  for (let t = Math.ceil((from + offset) / step) * step - offset; t <= to; t += step) {
    found.push([t, step >= DAY || (to - from > 2 * DAY && (t + offset) % DAY === 0) ? dayName(t) : clock(t)]);
  }
  return found;
}
