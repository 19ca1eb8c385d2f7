import { api, listen } from "./api.js";
import { pickRow, prepareOpener, showOpener } from "./dialogs.js";
import { el } from "./elements.js";
import { drawPanel } from "./panel.js";
import { drawSidebar, dressAvatar } from "./sidebar.js";
import { drawThread, keepAtEnd, toEnd } from "./thread.js";

const $ = (id) => document.getElementById(id);
const PANEL_EVERY = 3000;
const PLACE = { latitude: 4.5981, longitude: -74.0758, name: "Plaza de Bolívar, Bogotá" };

let active = null;
let chats = [];
let typingTimer = 0;
const drafts = new Map();

async function attempt(work) {
  try {
    const result = await work();
    $("problem").hidden = true;
    return result;
  } catch (error) {
    $("problem").textContent = error.message;
    $("problem").hidden = false;
    return null;
  }
}

/** `work` one at a time: calls that come meanwhile share one more run after it. */
function oneByOne(work) {
  let running = null;
  let next = null;
  const run = () => {
    running = work().finally(() => { running = null; });
    return running;
  };
  return () => {
    if (!running) return run();
    next ??= running.then(() => { next = null; return run(); });
    return next;
  };
}

const refreshChats = oneByOne(async () => {
  const state = await attempt(api.state);
  if (!state) return null;
  chats = state.chats;
  drawSidebar($("chats"), chats, active, open);
  return state;
});

const refreshThread = oneByOne(async () => {
  const phone = active;
  if (!phone) return;
  const chat = await attempt(() => api.thread(phone));
  if (!chat || phone !== active) return;
  drawThread($("thread"), chat, { tap, pick });
  dressAvatar($("avatar"), chat);
  if (document.activeElement !== $("name")) $("name").value = chat.name;
  $("subtitle").textContent = chat.typing ? "The company is typing…" : chat.number;
  clearTimeout(typingTimer);
  if (chat.typing) typingTimer = setTimeout(refreshThread, chat.typing * 1000 + 100);
  if (chat.unread && document.visibilityState === "visible") await api.read(phone);
});

const refreshPanel = oneByOne(async () => {
  const phone = active;
  if (!phone || document.visibilityState !== "visible") return;
  const knowledge = await api.panel(phone).catch(() => ({}));
  if (phone === active) drawPanel($("knowledge"), knowledge);
});

async function open(phone) {
  if (active) drafts.set(active, $("text").value);
  active = phone;
  localStorage.setItem("phone", phone);
  $("columns").dataset.view = "thread";
  $("text").value = drafts.get(phone) ?? "";
  grow();
  drawSidebar($("chats"), chats, active, open);
  await Promise.all([refreshThread(), refreshPanel()]);
  toEnd($("thread"));
  $("text").focus();
}

async function openNew(wanted) {
  const chat = await api.open(wanted);
  await refreshChats();
  await open(chat.phone);
}

const tap = (id, of) => attempt(() => api.tap(active, id, of));

async function pick(message) {
  const id = await pickRow(message.menu, message.menu.button);
  if (id) await tap(id, message.id);
}

async function send() {
  const text = $("text").value;
  if (!text.trim() || !active) return;
  $("text").value = "";
  grow();
  if (!(await attempt(() => api.say(active, text)))) $("text").value ||= text;
}

function grow() {
  $("text").style.height = "auto";
  $("text").style.height = `${Math.min($("text").scrollHeight, 140)}px`;
}

function showPanel(shown) {
  $("columns").toggleAttribute("data-panel", shown);
  $("to-panel").setAttribute("aria-expanded", String(shown));
  (shown ? $("close-panel") : $("to-panel")).focus();
}

function wire() {
  $("composer").onsubmit = (event) => { event.preventDefault(); send(); };
  $("text").oninput = grow;
  $("text").onkeydown = (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  };
  $("name").onchange = () => {
    if ($("name").value.trim()) attempt(() => api.rename(active, $("name").value));
  };
  $("name").onkeydown = (event) => { if (event.key === "Enter") $("text").focus(); };
  $("attach-file").onclick = () => { $("attachments").hidePopover(); $("file").click(); };
  $("attach-place").onclick = () => {
    $("attachments").hidePopover();
    attempt(() => api.place(active, PLACE));
  };
  $("file").onchange = async () => {
    const [file] = $("file").files;
    if (file) await attempt(() => api.file(active, file));
    $("file").value = "";
  };
  keepAtEnd($("thread"));
  $("new-chat").onclick = showOpener;
  $("to-chats").onclick = () => { $("columns").dataset.view = "chats"; };
  $("to-panel").onclick = () => showPanel(!$("columns").hasAttribute("data-panel"));
  $("close-panel").onclick = () => showPanel(false);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && $("columns").hasAttribute("data-panel")) showPanel(false);
  });
  document.addEventListener("visibilitychange", () => { refreshThread(); refreshPanel(); });
  setInterval(refreshPanel, PANEL_EVERY);
}

async function resync() {
  await refreshChats();
  await Promise.all([refreshThread(), refreshPanel()]);
}

async function changed(phones) {
  const mine = phones.includes(active);
  await Promise.all([refreshChats(), mine && refreshThread(), mine && refreshPanel()]);
}

async function start() {
  wire();
  const state = await refreshChats();
  if (!state) return;
  $("notices").replaceChildren(...state.notices.map((notice) => el("p", {}, notice)));
  if (state.report) Object.assign($("report"), { href: state.report, hidden: false });
  prepareOpener(state.countries, openNew);
  const last = localStorage.getItem("phone");
  const fresh = { country: state.countries[0].code };
  await attempt(() => (last ? openNew({ phone: last }).catch(() => openNew(fresh)) : openNew(fresh)));
  listen({
    resync,
    changed,
    lost: () => { $("subtitle").textContent = "Connecting again…"; },
  });
}

start();
