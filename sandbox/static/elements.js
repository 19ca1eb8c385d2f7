// Foreign text only ever becomes a text node: nothing here reads markup.

/** An element with attributes and children; falsy children are left out. */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child || child === 0));
  return element;
}

/** A drawn symbol: `paths` are the d attributes of its lines. */
export function symbol(className, label, viewBox, ...paths) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", viewBox);
  svg.setAttribute("class", className);
  if (label) {
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", label);
  } else svg.setAttribute("aria-hidden", "true");
  for (const d of paths) {
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", d);
    svg.append(path);
  }
  return svg;
}

const TICK = "M1.5 6.5l3.2 3.2L11 3";
const SECOND = "M6.7 8.7l1 1L14 3";

/** The ticks of a message that the lead sent. */
export function ticks(status) {
  if (status === "failed") return symbol("ticks failed", "not delivered", "0 0 16 12", "M8 1.5v6M8 10.4v.1");
  const paths = status === "sent" ? [TICK] : [TICK, SECOND];
  return symbol(`ticks ${status}`, status, "0 0 16 12", ...paths);
}

export function clock(iso) {
  return new Date(iso).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}

/** Today, Yesterday, or the date. */
export function day(iso) {
  const date = new Date(iso);
  const days = Math.round((midnight(new Date()) - midnight(date)) / 86_400_000);
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  return date.toLocaleDateString([], { day: "numeric", month: "long", year: "numeric" });
}

function midnight(date) {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate());
}
