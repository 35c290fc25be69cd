"use strict";
(() => {
  const items = [...document.querySelectorAll(".item")];
  const facets = [...document.querySelectorAll(".facet button")];
  const form = document.querySelector(".filter");
  if (!form || items.length < 1) return;
  const [search, shown, clear, unfold, none] =
    ["search", "shown", "clear", "unfold", "none"].map((id) => document.getElementById(id));
  const texts = items.map((item) =>
    [...item.querySelectorAll("header, dl")].map((part) => part.textContent).join(" ").toLowerCase());
  const picked = new Map();

  function apply() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    items.forEach((item, i) => {
      const fits = [...picked].every(([key, value]) => item.dataset[key] === value)
        && words.every((word) => texts[i].includes(word));
      item.hidden = !fits;
      count += fits ? 1 : 0;
    });
    for (const facet of facets) {
      facet.setAttribute("aria-pressed", String(picked.get(facet.dataset.key) === facet.dataset.value));
    }
    shown.textContent = count === items.length ? `${count} shown` : `${count} of ${items.length} shown`;
    clear.hidden = picked.size === 0 && words.length === 0;
    none.hidden = count > 0;
  }

  for (const facet of facets) {
    facet.addEventListener("click", () => {
      const { key, value } = facet.dataset;
      if (picked.get(key) === value) picked.delete(key);
      else picked.set(key, value);
      apply();
    });
  }
  const list = document.querySelector(".list");
  const [sort, group] = ["sort", "group"].map((id) => document.getElementById(id));
  const sections = new Map(items.map((item) => [item, item.previousElementSibling?.matches("h2") ? item.previousElementSibling : null]));
  const compared = {
    bits: (a, b) => Number(b.dataset.bits) - Number(a.dataset.bits),
    path: (a, b) => a.dataset.path.localeCompare(b.dataset.path) || Number(a.dataset.line) - Number(b.dataset.line),
    owner: (a, b) => a.dataset.owner.localeCompare(b.dataset.owner),
    license: (a, b) => a.dataset.license.localeCompare(b.dataset.license),
  };
  function arrange() {
    const order = [...items];
    if (sort.value) order.sort(compared[sort.value]);
    const groups = new Map();
    for (const item of order) {
      const name = group.value ? item.dataset[group.value] || "unknown" : "";
      if (!groups.has(name)) groups.set(name, []);
      groups.get(name).push(item);
    }
    for (const heading of list.querySelectorAll("h2")) heading.remove();
    const first = list.firstChild;
    for (const [name, members] of groups) {
      if (name) {
        const heading = document.createElement("h2");
        heading.textContent = `${name} (${members.length})`;
        list.insertBefore(heading, first);
      }
      for (const item of members) {
        const section = sections.get(item);
        if (section && !sort.value && !group.value) list.insertBefore(section, first);
        list.insertBefore(item, first);
      }
    }
  }
  sort.addEventListener("change", arrange);
  group.addEventListener("change", arrange);

  // Decisions are kept by the browser until they are exported; where it keeps nothing, until the page is closed.
  const key = `birthmark ${location.pathname} ${document.title}`;
  const kept = (() => {
    try { return new Map(JSON.parse(localStorage.getItem(key) ?? "[]")); } catch { return new Map(); }
  })();
  const keep = () => {
    try { localStorage.setItem(key, JSON.stringify([...kept])); } catch { /* It stays in memory. */ }
  };
  const exporting = document.getElementById("export");
  const placeOf = ({ id, path, line }) => `${id} ${path} ${line}`;
  const complete = () => items.map((item) => [item, kept.get(placeOf(item.dataset))]).filter(([, decided]) =>
    decided && (decided.decision === "later" || decided.reason.trim()));
  function decide(item) {
    const row = item.querySelector(".triage");
    const decided = kept.get(placeOf(item.dataset));
    for (const button of row.querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(decided?.decision === button.dataset.decision));
    }
    const reason = row.querySelector("input");
    reason.hidden = !decided || decided.decision === "later";
    reason.value = decided?.reason ?? "";
    const count = complete().length;
    exporting.hidden = kept.size === 0;
    exporting.disabled = count === 0;
    exporting.textContent = `Export decisions (${count} of ${kept.size})`;
    exporting.title = count < kept.size ? "A decision needs a reason" : "For birthmark accept --from FILE";
  }
  for (const item of items.filter((item) => item.querySelector(".triage"))) {
    const row = item.querySelector(".triage");
    const place = placeOf(item.dataset);
    for (const button of row.querySelectorAll("button")) {
      button.addEventListener("click", () => {
        const { decision } = button.dataset;
        if (kept.get(place)?.decision === decision) kept.delete(place);
        else kept.set(place, { decision, reason: kept.get(place)?.reason ?? "" });
        keep();
        decide(item);
      });
    }
    row.querySelector("input").addEventListener("input", (event) => {
      kept.get(place).reason = event.target.value;
      keep();
      const { value, selectionStart } = event.target;
      decide(item);
      event.target.value = value;
      event.target.setSelectionRange(selectionStart, selectionStart);
    });
    row.hidden = false;
    decide(item);
  }
  exporting.addEventListener("click", () => {
    const decisions = complete().map(([{ dataset: { id, path, line } }, { decision, reason }]) =>
      ({ id, path, line: Number(line), decision, reason: reason.trim() }));
    const text = JSON.stringify({ schema_version: 1, decisions }, null, 2);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([`${text}\n`], { type: "application/json" }));
    link.download = "birthmark-decisions.json";
    link.click();
    URL.revokeObjectURL(link.href);
  });

  search.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  clear.addEventListener("click", () => {
    picked.clear();
    search.value = "";
    apply();
  });
  const folds = [...document.querySelectorAll("details.code")];
  unfold.hidden = folds.length === 0;
  unfold.addEventListener("click", () => {
    const open = folds.some((fold) => !fold.open && !fold.closest(".item").hidden);
    for (const fold of folds) fold.open = open;
    unfold.textContent = open ? "Close all code" : "Open all code";
  });
  let before = [];
  addEventListener("beforeprint", () => {
    before = folds.filter((fold) => !fold.open);
    for (const fold of before) fold.open = true;
  });
  addEventListener("afterprint", () => {
    for (const fold of before) fold.open = false;
  });
  form.hidden = false;
  apply();
})();
