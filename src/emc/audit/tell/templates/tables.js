"use strict";
// a table that does not fit becomes cards: nothing is cut, and nobody scrolls sideways
// paper: its width where the page is printed; 0: on a screen
const fit = (paper) => {
  for (const table of document.querySelectorAll(".scroll > table")) {
    const heads = [...table.querySelectorAll("thead th")].map((each) => each.textContent);
    for (const row of table.querySelectorAll("tbody tr, tfoot tr")) {
      [...row.children].forEach((each, at) => {
        if (each.tagName === "TD" && each.colSpan === 1) each.dataset.label = heads[at] || "";
      });
    }
    table.classList.remove("stacked");
    const place = getComputedStyle(table.parentElement);
    const room = paper || table.parentElement.clientWidth - parseFloat(place.paddingLeft) - parseFloat(place.paddingRight);
    table.classList.toggle("stacked", table.scrollWidth > room + 1);
  }
};
