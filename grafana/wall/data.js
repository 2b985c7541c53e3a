// Talking to the API: fetching, and one event stream that comes back by itself.

const address = new URLSearchParams(location.search);
const token = address.get("token") ?? "";
export const audience = ["customer", "partner"].includes(address.get("audience"))
  ? address.get("audience")
  : "all";

// The server says something at least every 15 s; after this the line is taken for dead.
const SILENCE_MS = 35_000;
const RETRY_MS = [1_000, 2_000, 4_000, 8_000];

const addressOf = (path, parameters) => {
  const query = new URLSearchParams(parameters).toString();
  return query ? `${path}?${query}` : path;
};

const failure = (status, told, otherwise) => Object.assign(new Error(told?.error?.message ?? otherwise), { status });

/** An answer of the API. Throws an Error with `status` where there is none. */
export async function get(path, parameters = {}) {
  return fetched(addressOf(path, parameters), { cache: "no-cache" });
}

async function fetched(address, options) {
  const authorized = token ? { Authorization: `Bearer ${token}` } : {};
  const response = await fetch(address, { ...options, headers: { ...options.headers, ...authorized } });
  if (!response.ok) throw failure(response.status, await response.json().catch(() => ({})), response.statusText);
  return response.json();
}

// What was asked since the page last had a moment, by address; and what was answered before.
let waiting = new Map();
const known = new Map();
const QUESTIONS_MAX = 40;
const KNOWN_MAX = 300;

/** A panel's answer, like `get`: questions of the same moment travel in one request. */
export function ask(path, parameters = {}) {
  const address = addressOf(path, parameters);
  if (!waiting.size) setTimeout(send, 0);
  if (!waiting.has(address)) waiting.set(address, Promise.withResolvers());
  return waiting.get(address).promise;
}

function send() {
  const asked = [...waiting];
  waiting = new Map();
  for (let n = 0; n < asked.length; n += QUESTIONS_MAX) answer(asked.slice(n, n + QUESTIONS_MAX));
}

async function answer(asked) {
  const had = asked.map(([address]) => known.get(address) ?? { etag: "" });
  const questions = asked.map(([path], place) => ({ path, etag: had[place].etag }));
  try {
    const body = JSON.stringify({ questions });
    const told = await fetched("/api/answers", { method: "POST", body, headers: { "Content-Type": "application/json" } });
    asked.forEach(([address, promise], place) => settle(address, promise, told.answers[place], had[place]));
  } catch (error) {
    asked.forEach(([, promise]) => promise.reject(error));
  }
}

function settle(address, promise, { status, etag, answer: body }, had) {
  if (status >= 400) return promise.reject(failure(status, body, "no answer"));
  if (status === 200) known.set(address, { etag, body });
  if (known.size > KNOWN_MAX) known.delete(known.keys().next().value);
  return promise.resolve(status === 304 ? had.body : body);
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

/** Listen for ever: `onPush(data, isSnapshot)`, `onState("live" | "lost")`; `wanted`: of the stream. */
export function listen(onPush, onState, wanted = {}) {
  let failures = 0;
  let watchdog = 0;

  function connect() {
    const source = new EventSource(addressOf("/api/events", { ...wanted, ...(token ? { token } : {}) }));
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
