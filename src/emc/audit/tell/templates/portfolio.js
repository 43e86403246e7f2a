"use strict";
(() => {
  const rows = [...document.querySelectorAll("#emcs-table tbody tr")];
  const texts = rows.map((row) => row.textContent.toLowerCase());
  const search = document.getElementById("emcs-search");
  search.addEventListener("input", () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    rows.forEach((row, at) => {
      const isShown = words.every((word) => texts[at].includes(word));
      row.hidden = !isShown;
      shown += isShown;
    });
    document.getElementById("emcs-count").textContent = `${shown} of ${rows.length}`;
  });
  window.addEventListener("resize", () => fit(0));
  window.matchMedia("print").addEventListener("change", (event) => fit(event.matches ? 690 : 0));
  fit(0);
  document.documentElement.dataset.drawn = "yes";
})();
