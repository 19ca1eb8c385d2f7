import { clock, day, el, ticks } from "./elements.js";

/** Initials, or the number's last two digits, on a colour that belongs to the number. */
export function dressAvatar(element, chat) {
  const words = chat.name.trim().split(/\s+/u).filter(Boolean);
  const initials = words.slice(0, 2).map((word) => [...word][0].toUpperCase());
  element.textContent = initials.join("") || chat.phone.slice(-2);
  element.dataset.hue = Number(chat.phone.slice(-3)) % 6;
}

export function drawSidebar(list, chats, active, open) {
  const age = (chat) => chat.at || (chat.phone === active ? "9" : "");
  const newest = [...chats].sort((a, b) => age(b).localeCompare(age(a)));
  list.replaceChildren(...newest.map((chat) => line(chat, chat.phone === active, open)));
}

function line(chat, current, open) {
  const avatar = el("span", { class: "avatar", "aria-hidden": "true" });
  dressAvatar(avatar, chat);
  const today = chat.at && day(chat.at) === "Today";
  const when = chat.at && (today ? clock(chat.at) : new Date(chat.at).toLocaleDateString());
  const last = chat.typing
    ? el("span", { class: "typing-line" }, "typing…")
    : el("span", { class: "last" }, chat.mine && ticks(chat.status), chat.last || "No messages yet");
  const unread = !current && chat.unread > 0;
  return el("li", {},
    el("button", {
      type: "button", class: "chat", "data-phone": chat.phone,
      "aria-current": current && "true", onclick: () => open(chat.phone),
    },
      avatar,
      el("span", { class: "title" }, chat.name || chat.number),
      el("time", { datetime: chat.at || null }, when),
      last,
      unread && el("span", { class: "unread", "aria-label": `${chat.unread} unread` }, chat.unread),
    ));
}
