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
