// Talking to the API: fetching, and one event stream that comes back by itself.

const address = new URLSearchParams(location.search);
const token = address.get("token") ?? "";
export const audience = ["customer", "partner"].includes(address.get("audience"))
  ? address.get("audience")
  : "all";

// The server says something at least every 15 s; after this the line is taken for dead.
const SILENCE_MS = 35_000;
const RETRY_MS = [1_000, 2_000, 4_000, 8_000];

/** An answer of the API. Throws an Error with `status` where there is none. */
export async function get(path, parameters = {}) {
  const query = new URLSearchParams(parameters).toString();
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const response = await fetch(query ? `${path}?${query}` : path, { headers, cache: "no-cache" });
  if (!response.ok) {
    const told = await response.json().catch(() => ({}));
    throw Object.assign(new Error(told.error?.message ?? response.statusText), {
      status: response.status,
    });
  }
  return response.json();
}

/** An address of this wall for another audience, keeping what else it says. */
export function addressFor(other) {
  const next = new URLSearchParams(location.search);
  next.set("audience", other);
  return `?${next}`;
}

/** A link within this wall, with the token and the kiosk's settings that its address carries. */
export function withToken(link) {
  const [path, query = ""] = link.split("?");
  const next = new URLSearchParams(query);
  for (const name of ["token", "kiosk", "pages"]) {
    if (address.has(name) && !next.has(name)) next.set(name, address.get(name));
  }
  const words = next.toString();
  return words ? `${path}?${words}` : path;
}

/** Listen for ever: `onPush(data, isSnapshot)`, `onState("live" | "lost")`. */
export function listen(onPush, onState) {
  let failures = 0;
  let watchdog = 0;

  function connect() {
    const source = new EventSource(`/api/events${token ? `?token=${encodeURIComponent(token)}` : ""}`);
    const again = () => {
      clearTimeout(watchdog);
      source.close();
      onState("lost");
      setTimeout(connect, RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)]);
    };
    const alive = () => {
      failures = 0;
      clearTimeout(watchdog);
      watchdog = setTimeout(again, SILENCE_MS);
      onState("live");
    };
    const take = (event) => {
      alive();
      onPush(JSON.parse(event.data), event.type === "snapshot");
    };
    source.addEventListener("snapshot", take);
    source.addEventListener("change", take);
    source.addEventListener("heartbeat", take);
    source.addEventListener("error", again);
  }

  connect();
}
