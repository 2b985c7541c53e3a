// Talking to the API. The token is asked for once and lives as long as the tab; it is in no address.

const TOKEN = "cc-oncall-token";
const NAME = "cc-oncall-name";
const SETTLED_MS = 15_000;

export const remember = (kind, value) => sessionStorage.setItem(kind === "name" ? NAME : TOKEN, value);
export const forget = () => sessionStorage.removeItem(TOKEN);
export const name = () => sessionStorage.getItem(NAME) ?? "";

/** An answer of the API. Throws an Error with `status` where there is none; 409 is an answer. */
async function ask(method, path, body) {
  const headers = {};
  const token = sessionStorage.getItem(TOKEN);
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body) headers["Content-Type"] = "application/json";
  const response = await fetch(path, { method, headers, cache: "no-store", body: body && JSON.stringify(body) });
  const told = await response.json().catch(() => ({}));
  if (!response.ok && response.status !== 409) {
    throw Object.assign(new Error(told.error?.message ?? response.statusText), { status: response.status });
  }
  return told;
}

export const get = (path) => ask("GET", path);

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** Act, and wait for what the keeper of alerts makes of it: `accepted`, `refused` or `pending`. */
export async function act(method, path, body) {
  const given = name() ? { ...body, who: name() } : body;
  const accepted = await ask(method, path, given);
  const deadline = Date.now() + SETTLED_MS;
  for (;;) {
    const told = await get(accepted.outcome);
    if (told.status !== "pending" || Date.now() > deadline) return told;
    await pause(300);
  }
}
