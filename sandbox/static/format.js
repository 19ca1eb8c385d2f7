// WhatsApp's own formatting, as nodes: ```mono```, `code`, *bold*, _italic_, ~strike~, links.
import { el } from "./elements.js";

const EDGE = "(?<![\\p{L}\\p{N}])";
const END = "(?![\\p{L}\\p{N}])";
const styled = (mark) =>
  new RegExp(`${EDGE}[${mark}](?=\\S)([^\\n]*?[^\\s${mark}])[${mark}]${END}`, "u");

const RULES = [
  { pattern: /```([\s\S]+?)```/u, tag: "code" },
  { pattern: /`([^`\n]+)`/u, tag: "code" },
  { pattern: /https?:\/\/[^\s<>"'`]+/u, link: true },
  { pattern: styled("*"), tag: "strong", nested: true },
  { pattern: styled("_"), tag: "em", nested: true },
  { pattern: styled("~"), tag: "s", nested: true },
];

/** The nodes of a message's text. */
export function formatted(text) {
  const nodes = [];
  let rest = text;
  while (rest) {
    const found = first(rest);
    if (!found) break;
    const { rule, match } = found;
    nodes.push(rest.slice(0, match.index));
    if (rule.link) {
      const address = match[0].replace(/[.,;:!?)\]*_~]+$/u, "");
      nodes.push(link(address, address));
      rest = rest.slice(match.index + address.length);
    } else {
      nodes.push(el(rule.tag, {}, ...(rule.nested ? formatted(match[1]) : [match[1]])));
      rest = rest.slice(match.index + match[0].length);
    }
  }
  nodes.push(rest);
  return nodes.filter((node) => node !== "");
}

/** A link that opens elsewhere; plain text when it is not an http address. */
export function link(address, ...children) {
  if (!/^(https?:\/\/|media\/)/u.test(address)) return el("span", {}, ...children);
  return el("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, ...children);
}

function first(text) {
  let best = null;
  for (const rule of RULES) {
    const match = rule.pattern.exec(text);
    if (match && (!best || match.index < best.match.index)) best = { rule, match };
  }
  return best;
}
