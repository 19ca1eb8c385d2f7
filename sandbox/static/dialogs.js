import { el } from "./elements.js";

const $ = (id) => document.getElementById(id);

/** Let the lead choose a row of a list message; resolves to its id, "" when he cancels. */
export function pickRow(menu, title) {
  $("picker-title").textContent = title;
  $("pick").disabled = true;
  $("rows").replaceChildren(...menu.sections.map((section) =>
    el("fieldset", {},
      section.title && el("legend", {}, section.title),
      section.rows.map((row) => el("label", { class: "row" },
        el("span", { class: "row-title" }, row.title),
        row.description && el("span", { class: "row-about" }, row.description),
        el("input", {
          type: "radio", name: "row", value: row.id, onchange: () => { $("pick").disabled = false; },
        }))))));
  const picker = $("picker");
  picker.returnValue = "";
  $("picker-cancel").onclick = () => picker.close();
  picker.showModal();
  return new Promise((resolve) => {
    picker.addEventListener("close", () => {
      const chosen = picker.querySelector("input[name=row]:checked");
      resolve(picker.returnValue === "pick" && chosen ? chosen.value : "");
    }, { once: true });
  });
}

/** The dialog for a new chat; `open` is asked to open it and may refuse. */
export function prepareOpener(countries, open) {
  const names = new Intl.DisplayNames([], { type: "region" });
  $("opener-country").replaceChildren(...countries.map(({ code, dial }) =>
    el("option", { value: code }, `${names.of(code)} (${dial})`)));
  $("opener-cancel").onclick = () => $("opener").close();
  $("opener").querySelector("form").onsubmit = async (event) => {
    event.preventDefault();
    const phone = $("opener-phone").value.trim();
    const name = $("opener-name").value.trim();
    try {
      await open({ ...(phone ? { phone } : { country: $("opener-country").value }), name });
      $("opener").close();
    } catch (error) {
      $("opener-problem").textContent = error.message;
    }
  };
}

export function showOpener() {
  for (const id of ["opener-name", "opener-phone"]) $(id).value = "";
  $("opener-problem").textContent = "";
  $("opener").showModal();
}
