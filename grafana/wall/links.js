// Addresses of what is behind: a KPI, in the segment that an alert or a tile is about.

import { withToken } from "./data.js";

/** The page behind a KPI for `partner|partner=acme,region=emea`. */
export function behindOf(kpi, segment) {
  const [audience, dims = ""] = segment.split("|");
  const query = new URLSearchParams({ audience });
  for (const part of dims.split(",").filter(Boolean)) {
    const [name, value] = part.split(/=(.*)/);
    query.set(`var-${name}`, value);
  }
  return withToken(`/kpi/${encodeURIComponent(kpi)}?${query}`);
}
