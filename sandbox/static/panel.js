import { el } from "./elements.js";

const STAGES = ["greeting", "qualification", "scheduling", "handoff"];
const FIELDS = ["name", "company", "email", "intent", "budget", "authority", "need", "timeline"];

/** What the agent knows of a lead; {} for one that it has not met. */
export function drawPanel(container, knowledge) {
  if (!knowledge.stage) {
    container.replaceChildren(el("p", { class: "empty" },
      "The agent has not met this number yet. Write a message and watch this panel."));
    return;
  }
  container.replaceChildren(...[
    stages(knowledge.stage),
    decision(knowledge),
    meters(knowledge),
    facts(knowledge.facts ?? []),
    record("Booked call", knowledge.booking),
    record("Handoff", knowledge.handoff),
    knowledge.language && el("p", { class: "small" }, `Language: ${knowledge.language}`),
  ].filter(Boolean));
}

function stages(current) {
  const reached = STAGES.indexOf(current);
  return el("ol", { class: "stages", "aria-label": "Stage" }, STAGES.map((stage, index) =>
    el("li", {
      class: index < reached ? "done" : index === reached ? "current" : "",
      "aria-current": index === reached && "step",
    }, stage)));
}

function decision({ decision, unresolved }) {
  return section("Last decision",
    decision?.kind ? el("p", { class: "decision" }, el("b", {}, label(decision.kind)),
      decision.reason && ` · ${label(decision.reason)}`) : el("p", { class: "small" }, "None yet"),
    unresolved > 0 && el("p", { class: "small warning" },
      `${unresolved} unresolved ${unresolved === 1 ? "turn" : "turns"} in a row`));
}

function meters({ score, confidence }) {
  const reasons = (score?.reasons ?? []).map((reason) => el("li", {}, String(reason)));
  return section("Signals",
    meter("BANT score", score?.total, 100, score?.total == null ? "unknown" : `${score.total} / 100`),
    reasons.length > 0 && el("ul", { class: "reasons" }, reasons),
    meter("Confidence", confidence, 1,
      confidence == null ? "unknown" : `${Math.round(confidence * 100)} %`));
}

function meter(title, value, max, words) {
  return el("div", { class: "meter" },
    el("span", {}, title), el("b", {}, words),
    el("progress", { max, value: value ?? 0, "aria-label": `${title}: ${words}` }));
}

function facts(known) {
  const order = (fact) => (FIELDS.indexOf(fact.field) + FIELDS.length) % FIELDS.length;
  const lines = [...known].sort((a, b) => order(a) - order(b)).map((fact) =>
    el("div", { class: "fact" },
      el("dt", {}, label(fact.field)),
      el("dd", {}, fact.value == null ? el("i", {}, "declined to say") : String(fact.value),
        fact.quote && el("q", {}, fact.quote))));
  return section("Facts, each with its proof",
    lines.length ? el("dl", {}, lines) : el("p", { class: "small" }, "Nothing yet"));
}

function record(title, value) {
  if (!value || (typeof value === "object" && !Object.keys(value).length)) return null;
  if (typeof value !== "object") return section(title, el("p", {}, String(value)));
  const lines = Object.entries(value).filter(([, item]) => item != null && item !== "").map(
    ([name, item]) => el("div", { class: "fact" }, el("dt", {}, label(name)),
      el("dd", {}, readable(item))));
  return section(title, el("dl", { class: "record" }, lines));
}

function readable(value) {
  if (typeof value === "object") return JSON.stringify(value);
  const text = String(value);
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d/u.test(text)) return text;
  return new Date(text).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
}

function section(title, ...children) {
  return el("section", {}, el("h3", {}, title), ...children);
}

function label(name) {
  const words = String(name).replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
