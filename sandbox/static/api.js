// All that the page asks of the server. Paths are relative: the page may be mounted anywhere.

async function ask(path, options = {}) {
  const response = await fetch(path, { ...options, signal: AbortSignal.timeout(20_000) });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.error ?? `The server answered ${response.status}`);
  return answer;
}

const json = (method, body) => ({
  method,
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(body),
});

const chat = (phone) => `chats/${encodeURIComponent(phone)}`;

export const api = {
  state: () => ask("state"),
  thread: (phone) => ask(chat(phone)),
  panel: (phone) => ask(`${chat(phone)}/panel`),
  open: (wanted) => ask("chats", json("POST", wanted)),
  rename: (phone, name) => ask(chat(phone), json("PATCH", { name })),
  say: (phone, text) => ask(`${chat(phone)}/text`, json("POST", { text })),
  tap: (phone, id, of) => ask(`${chat(phone)}/tap`, json("POST", { id, of })),
  place: (phone, place) => ask(`${chat(phone)}/location`, json("POST", place)),
  read: (phone) => ask(`${chat(phone)}/read`, json("POST", {})),
  file: (phone, file) =>
    ask(`${chat(phone)}/file?filename=${encodeURIComponent(file.name)}`, {
      method: "POST",
      headers: { "Content-Type": file.type },
      body: file,
    }),
};

/** Calls `resync` at every (re)connect, `changed` with the phones whose chats changed. */
export function listen({ resync, changed, lost }) {
  const source = new EventSource("events");
  source.addEventListener("hello", resync);
  source.addEventListener("chats", (event) => changed(JSON.parse(event.data)));
  source.addEventListener("error", lost);
}
