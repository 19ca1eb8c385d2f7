import { clock, day, el, symbol, ticks } from "./elements.js";
import { formatted, link } from "./format.js";

const drawn = new Map();
let following = true;

/** Stay at the newest message when the container changes its size (a keyboard, a turned phone). */
export function keepAtEnd(container) {
  let size = "";
  const measured = () => `${container.clientWidth}x${container.clientHeight}`;
  container.addEventListener("scroll", () => {
    // a resize scrolls too, before the observer below hears of it
    if (measured() === size) following = atEnd(container);
  });
  new ResizeObserver(() => {
    size = measured();
    if (following) toEnd(container);
  }).observe(container);
}

export function toEnd(container) {
  container.scrollTop = container.scrollHeight;
}

function atEnd(container) {
  return container.scrollHeight - container.scrollTop - container.clientHeight < 80;
}

/** Draw a chat; bubbles that did not change keep their nodes, so focus and scroll stay. */
export function drawThread(container, chat, actions) {
  const last = chat.messages.at(-1);
  const stay = atEnd(container) || (last?.mine && !drawn.has(last.id));
  const keep = new Set();
  const nodes = [];
  let lastDay = "";
  let lastMine = null;
  for (const message of chat.messages) {
    const today = day(message.at);
    if (today !== lastDay) {
      nodes.push(el("p", { class: "day" }, today));
      lastMine = null;
    }
    nodes.push(bubble(message, message.mine !== lastMine, actions));
    keep.add(message.id);
    lastDay = today;
    lastMine = message.mine;
  }
  if (chat.typing) nodes.push(dots());
  if (!nodes.length) nodes.push(el("p", { class: "empty" }, "Say hello: the agent answers here."));
  for (const id of drawn.keys()) if (!keep.has(id)) drawn.delete(id);
  container.replaceChildren(...nodes);
  if (stay) toEnd(container);
}

function bubble(message, opens, actions) {
  const signature = JSON.stringify([message, opens]);
  const known = drawn.get(message.id);
  if (known?.signature === signature) return known.node;
  const node = make(message, opens, actions);
  if (known?.node.contains(document.activeElement)) {
    const id = document.activeElement.dataset.choice;
    queueMicrotask(() => node.querySelector(`[data-choice="${CSS.escape(id ?? "")}"]`)?.focus());
  }
  drawn.set(message.id, { signature, node });
  return node;
}

function make(message, opens, actions) {
  const side = message.mine ? "mine" : "theirs";
  const card = el("div", { class: "card" },
    el("span", { class: "from" }, message.mine ? "You:" : "Company:"),
    message.template && el("p", { class: "template" }, "Template ", message.template),
    message.quoted && el("blockquote", { class: message.quoted.mine ? "own" : "" },
      el("b", {}, message.quoted.mine ? "You" : "Company"), message.quoted.text),
    message.header && el("p", { class: "header" }, message.header),
    message.file && file(message.file),
    message.place && place(message.place),
    message.text && el("p", { class: "text" }, ...formatted(message.text)),
    message.detail && el("p", { class: "detail" }, message.detail),
    message.footer && el("p", { class: "footer" }, message.footer),
    message.error && el("p", { class: "error" }, message.error),
    el("span", { class: "meta" },
      el("time", { datetime: message.at }, clock(message.at)), message.mine && ticks(message.status)),
  );
  const reactions = message.reactions.length > 0
    && el("span", { class: "reactions" }, message.reactions.join(""));
  return el("article", { class: `bubble ${side} ${opens ? "opens" : ""}`, "data-id": message.id },
    card, choices(message, actions), reactions);
}

function choices(message, actions) {
  const buttons = (message.buttons ?? []).map((button) =>
    choice(button.title, message.chosen === button.id, button.id, message.chosen != null,
      () => actions.tap(button.id, message.id)));
  if (message.menu) {
    buttons.push(choice(message.menu.button, false, "menu", false,
      () => actions.pick(message), symbol("mark", "", "0 0 24 24", "M5 7h14M5 12h14M5 17h9")));
  }
  if (message.link) {
    buttons.push(el("div", { class: "choice" },
      symbol("mark", "", "0 0 24 24", "M10 6H6v12h12v-4M13 5h6v6M19 5l-8 8"),
      link(message.link.url, message.link.title)));
  }
  return buttons.length > 0 && el("div", { class: "choices" }, buttons);
}

function choice(title, chosen, id, answered, act, mark) {
  return el("button", {
    type: "button", class: "choice", "data-choice": id, "aria-pressed": chosen && "true",
    "data-answered": answered, onclick: act,
  }, mark ?? symbol("mark", "", "0 0 24 24", "M9 6L4 11l5 5M4 11h10q6 0 6 7"), title);
}

function file(file) {
  if (file.kind === "image" && file.url.startsWith("media/")) {
    return link(file.url, el("img", { src: file.url, alt: file.name || "Photo", loading: "lazy" }));
  }
  const type = (file.name.split(".").pop() || file.kind).toUpperCase().slice(0, 4);
  const size = file.bytes ? `${type} · ${readableSize(file.bytes)}` : type;
  const card = link(file.url,
    el("span", { class: "sheet", "aria-hidden": "true" }, type),
    el("span", { class: "name" }, file.name || file.kind),
    el("span", { class: "size" }, size));
  card.classList.add("file");
  return card;
}

function place({ latitude, longitude }) {
  return el("p", { class: "place" },
    symbol("mark", "", "0 0 24 24", "M12 21s-6-6.2-6-11a6 6 0 0 1 12 0c0 4.800-6 11-6 11zM12 8v4"),
    `${Number(latitude).toFixed(4)}, ${Number(longitude).toFixed(4)}`);
}

function dots() {
  return el("article", { class: "bubble theirs opens typing" },
    el("div", { class: "card", role: "status", "aria-label": "The company is typing" },
      el("i", {}), el("i", {}), el("i", {})));
}

function readableSize(bytes) {
  return bytes < 1_000_000 ? `${Math.max(1, Math.round(bytes / 1000))} KB`
    : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
