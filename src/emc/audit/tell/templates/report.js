"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const find = (id) => document.getElementById(id);
  // the width between the margins of A4
  const PAPER = 690;
  const paper = { on: false };
  const numbers = new Intl.NumberFormat("en", { maximumSignificantDigits: 6 });
  const compact = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });
  const percent = (value) => `${Number(value.toFixed(4))}%`;

  // the page's own colours, as they are now
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const faded = (hex, alpha) => {
    const parts = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
    return `rgba(${parts.join(",")},${alpha})`;
  };
  // quiet, and neighbours differ; they come again after ten rows
  const QUIET = ["#2f7f79", "#5b7fa8", "#b08a4f", "#7d6a9e", "#6d8f5e", "#a8675f", "#4a93a3", "#94805f", "#5f6f8f", "#8f6f86"];
  const hue = (at) => QUIET[at % QUIET.length];
  const isNarrow = () => !paper.on && window.innerWidth < 760;
  const escaped = (text) => text.replace(/[&<>]/g, (each) => `&#${each.charCodeAt(0)};`);
  const cut = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
  // Plotly reads some markup in texts: names come as plain text
  const label = (text, most = 99) => escaped(cut(text, most));

  const axis = (more) => ({
    gridcolor: colour("line"), linecolor: colour("line"), zerolinecolor: colour("line"),
    tickcolor: colour("line"), tickfont: { color: colour("soft"), size: 12 },
    title: { font: { color: colour("soft"), size: 12 } }, fixedrange: true, automargin: true, ...more,
  });
  const layout = (more) => ({
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: getComputedStyle(document.body).fontFamily, size: 13, color: colour("ink") },
    margin: { l: 8, r: 8, t: 28, b: 8 }, showlegend: false, dragmode: false,
    hoverlabel: {
      bgcolor: colour("card"), bordercolor: colour("line"), align: "left",
      font: { family: getComputedStyle(document.body).fontFamily, size: 13, color: colour("ink") },
    },
    ...more,
  });
  const draw = (name, traces, more) => {
    const place = find(`${name}-chart`);
    // a hidden or broken chart must not take the others along
    const width = paper.on ? PAPER : place.clientWidth;
    place.style.minHeight = "0";
    // redrawn each time: a chart that moves to its new place would be printed on the way
    Plotly.purge(place);
    return Plotly.newPlot(place, traces, layout({ width, ...more }), { displayModeBar: false, responsive: false });
  };
  const say = (name, text) => {
    const note = document.createElement("p");
    note.className = "lead";
    note.textContent = text;
    find(`${name}-chart`).replaceChildren(note);
    find(`${name}-chart`).style.minHeight = "0";
  };

  const drawFlow = () => {
    const { nodes, links } = data.flow;
    if (!links.length) { say("flow", "Nothing has come in yet."); return; }
    const narrow = isNarrow();
    const colours = { source: colour("soft"), row: colour("soft"), held: colour("held") };
    const of = (node) => colours[node.kind] || colour(node.kind);
    const rows = nodes.filter((node) => node.kind === "row").length;
    draw("flow", [{
      type: "sankey", arrangement: "fixed", valueformat: ",", valuesuffix: ` ${label(data.symbol)}`,
      textfont: { size: narrow ? 11 : 13, color: colour("ink"), shadow: "none" },
      node: {
        label: nodes.map((node) => label(node.name, narrow ? 12 : 32)), color: nodes.map(of),
        pad: narrow ? 10 : 14, thickness: narrow ? 8 : 12, line: { width: 0 },
        hovertemplate: "%{label}<br>%{value}<extra></extra>",
      },
      link: {
        source: links.map((link) => link.source), target: links.map((link) => link.target),
        value: links.map((link) => link.value), customdata: links.map((link) => label(link.text)),
        color: links.map((link) => {
          const ends = [nodes[link.source], nodes[link.target]];
          const told = ends.find((node) => !["source", "row"].includes(node.kind)) || ends[0];
          return faded(of(told), 0.32);
        }),
        hovertemplate: "%{source.label} to %{target.label}<br>%{customdata}<extra></extra>",
      },
    }], { height: Math.max(narrow ? 460 : 420, rows * 34 + 60), margin: { l: 2, r: 2, t: 12, b: 16 } });
  };

  const drawEntitlements = () => {
    const all = data.entitlements;
    if (!all) { say("entitlements", "No terms are in force yet."); return; }
    const row = all.rows[find("entitlement-row").selectedIndex] || all.rows[0];
    const narrow = isNarrow();
    const band = (x, y, more) => ({ x, y, mode: "lines", line: { width: 0 }, hoverinfo: "skip", ...more });
    const traces = all.rows.filter((each) => each !== row).map((each) => ({
      x: each.x, y: each.y, mode: "lines", line: { width: 1, color: faded(colour("held"), 0.55) },
      hovertemplate: `${label(each.name)}<br>at %{x:,.6~g} ${label(data.symbol)}<br>entitled to %{y:,.6~g}<extra></extra>`,
    }));
    traces.push(
      band(row.ahead, row.lower, {}),
      band(row.ahead, row.upper, { fill: "tonexty", fillcolor: faded(colour("accent"), 0.16) }),
      {
        x: row.x, y: row.y, mode: "lines", line: { width: 2.5, color: colour("accent") },
        hovertemplate: `${label(row.name)}<br>at %{x:,.6~g} ${label(data.symbol)}<br>entitled to %{y:,.6~g}<extra></extra>`,
      },
    );
    if (row.ahead.length) {
      const at = row.x.indexOf(row.ahead[0]);
      traces.push({
        x: [row.ahead[0]], y: [row.y[at]], mode: "markers", hoverinfo: "skip",
        marker: { size: 10, color: colour("card"), line: { width: 2.5, color: colour("accent") } },
      });
    }
    const shapes = all.bands.map((each) => ({
      type: "rect", xref: "x", yref: "paper", x0: each.from, x1: each.to, y0: 0, y1: 1, layer: "below",
      line: { width: 0 }, fillcolor: faded(colour(each.name.toLowerCase()), 0.13),
    }));
    const notes = all.bands.filter((each) => (each.to - each.from) / all.until > (narrow ? 0.16 : 0.07)).map((each) => ({
      x: (each.from + each.to) / 2, y: 1, xref: "x", yref: "paper", yanchor: "bottom", showarrow: false,
      text: each.name.toUpperCase(), font: { size: 11, color: colour("soft") },
    }));
    shapes.push({
      type: "line", xref: "x", yref: "paper", x0: all.now, x1: all.now, y0: 0, y1: 1,
      line: { width: 1, dash: "dot", color: colour("soft") },
    });
    notes.push({
      x: all.now, y: 0, xref: "x", yref: "paper", yanchor: "bottom", showarrow: false, text: "today",
      xanchor: all.now > all.until * 0.8 ? "right" : "left", xshift: all.now > all.until * 0.8 ? -4 : 4,
      font: { size: 11, color: colour("soft") },
    });
    draw("entitlements", traces, {
      height: narrow ? 320 : 380, shapes, annotations: notes,
      xaxis: axis({ range: [0, all.until], tickformat: "~s", nticks: narrow ? 5 : 10, title: { text: `proceeds, ${label(data.symbol)}`, font: { size: 12, color: colour("soft") } } }),
      yaxis: axis({ rangemode: "tozero", tickformat: "~s" }),
    });
  };

  const drawProgress = () => {
    const { times, proceeds, opened } = data.progress;
    if (!times.length) { say("progress", "Nothing has come in yet."); return; }
    const narrow = isNarrow();
    const levels = Object.entries(data.levels);
    const last = times[times.length - 1];
    const soon = last + (last - times[0]) / 3;
    const isNear = levels.length && data.times.deadline <= soon;
    const ends = isNear ? Math.max(last, data.times.deadline) : last;
    const span = ends - times[0] || 86400000;
    const shapes = [];
    const notes = [];
    const reach = Math.max(...proceeds, ...levels.map(([, value]) => value)) * 1.08;
    for (const [name, value] of levels) {
      const kind = name === "target" ? "upside" : "leading";
      shapes.push({ type: "line", xref: "paper", x0: 0, x1: 1, y0: value, y1: value, line: { width: 1.5, dash: "dash", color: colour(kind) } });
      notes.push({ xref: "paper", x: 0, y: value, xanchor: "left", yanchor: "bottom", showarrow: false, text: `${name} ${compact.format(value).replace("K", "k")}`, font: { size: 12, color: colour("soft") } });
    }
    const mark = (time, text) => {
      if (time < times[0] || time > ends) return;
      shapes.push({ type: "line", x0: time, x1: time, yref: "paper", y0: 0, y1: 1, line: { width: 1, dash: "dot", color: colour("soft") } });
      const right = (time - times[0]) / span > 0.75;
      notes.push({ x: time, y: text === "deadline" ? 0 : 1, yref: "paper", yanchor: text === "deadline" ? "bottom" : "top", xanchor: right ? "right" : "left", xshift: right ? -4 : 4, showarrow: false, text, font: { size: 12, color: colour("soft") } });
    };
    if (isNear) mark(data.times.deadline, "deadline");
    else if (levels.length) {
      const day = new Date(data.times.deadline).toISOString().slice(0, 10);
      notes.push({ xref: "paper", x: 1, yref: "paper", y: 0, xanchor: "right", yanchor: "bottom", showarrow: false, text: `deadline ${day} →`, font: { size: 12, color: colour("soft") } });
    }
    if (opened && opened > times[0]) mark(opened, "gate opens");
    draw("progress", [{
      x: times, y: proceeds, mode: "lines", line: { width: 2.5, shape: "hv", color: colour("base") },
      fill: "tozeroy", fillcolor: faded(colour("base"), 0.12),
      hovertemplate: `%{x|%d %b %Y}<br>%{y:,.6~g} ${label(data.symbol)}<extra></extra>`,
    }], {
      height: narrow ? 300 : 360, shapes, annotations: notes,
      xaxis: axis({ type: "date", range: [times[0] - span * 0.01, ends + span * 0.02], nticks: narrow ? 4 : 9, showgrid: false }),
      yaxis: axis({ range: [0, reach || 1], tickformat: "~s" }),
    });
  };

  let tranche = 0;
  const drawShares = () => {
    const { epochs, rows } = data.shares;
    if (!epochs.length) { say("shares", "No terms are in force yet."); return; }
    const narrow = isNarrow();
    const names = epochs.map((epoch) => `Epoch ${epoch}`);
    const width = find("shares-chart").clientWidth * 0.88;
    // what fits into a segment: its row and share, its share, or the row's number; the legend names all
    const segment = (row, share) => {
      const pixels = (share * width) / 100;
      const number = percent(share);
      if (pixels >= 90) return `${label(row.name, Math.floor(pixels / 8))}<br>${number}`;
      if (pixels >= number.length * 8) return number;
      return pixels >= 18 ? String(row.row) : "";
    };
    find("shares-legend").replaceChildren(...rows.map((row, at) => {
      const item = document.createElement("li");
      const dot = document.createElement("i");
      dot.className = "dot";
      dot.style.setProperty("--hue", hue(at));
      const now = row.shares[tranche][epochs.length - 1];
      item.append(dot, `${row.name} `, Object.assign(document.createElement("span"), { className: "fine", textContent: now ? percent(now) : "none now" }));
      return item;
    }));
    draw("shares", rows.map((row, at) => ({
      type: "bar", orientation: "h", y: names, x: row.shares[tranche], name: label(row.name),
      marker: { color: hue(at), line: { width: 1, color: colour("card") } },
      text: row.shares[tranche].map((share) => segment(row, share)),
      textposition: "inside", insidetextanchor: "middle", textangle: 0, constraintext: "none",
      insidetextfont: { color: "#fff", size: 12 },
      hovertemplate: row.shares[tranche].map((share) => `${label(row.name)}<br>${percent(share)}<extra>%{y}</extra>`),
    })), {
      barmode: "stack", height: Math.min(epochs.length * 62 + 60, 640), bargap: 0.28,
      margin: { l: 8, r: 12, t: 8, b: 8 },
      xaxis: axis({ range: [0, 100], ticksuffix: "%", showgrid: false }),
      yaxis: axis({ autorange: "reversed", type: "category" }),
    });
  };

  const charts = { flow: drawFlow, entitlements: drawEntitlements, progress: drawProgress, shares: drawShares };
  const drawAll = () => {
    for (const [name, chart] of Object.entries(charts)) {
      try { chart(); } catch (error) { console.error(name, error); say(name, "This chart could not be drawn; the tables hold its numbers."); }
    }
  };

  // amounts of the ledger are exact: text in base units
  const money = (units) => {
    const text = units.padStart(data.decimals + 1, "0");
    const whole = text.slice(0, text.length - data.decimals).replace(/\B(?=(\d{3})+$)/g, ",");
    return data.decimals ? `${whole}.${text.slice(-data.decimals)}` : whole;
  };
  const sum = (parts) => parts.reduce((total, [, units]) => total + BigInt(units), 0n).toString();
  const utc = (time) => new Date(time * 1000).toISOString().slice(0, 16).replace("T", " ");
  const KINDS = { sale: "Sale", batch: "Batch", absorbed: "Transfer", disbursed: "Payout", withdrawal: "Withdrawal", sweep: "To the backstop", sweep_credit: "Credit of the backstop" };
  const page = { size: 25, at: 0, found: [] };
  const ledger = data.ledger.lines;
  const titleOf = ([, , , kind, , , number]) => (KINDS[kind] || kind) + (number && number !== "0" ? ` ${number}` : "");
  let words = null;
  const wordsOf = () => {
    words ??= ledger.map((line) => [utc(line[0]), titleOf(line), data.ledger.parties[line[4]] || "", line[2], money(line[7])].join(" ").toLowerCase());
    return words;
  };
  const cell = (text, name = "") => {
    const made = document.createElement("td");
    made.textContent = text;
    made.className = name;
    return made;
  };
  const details = (line) => {
    const row = document.createElement("tr");
    row.className = "inside";
    const place = cell("");
    place.colSpan = 7;
    const tx = document.createElement("div");
    tx.className = "mono tx";
    const payer = data.ledger.parties[line[4]];
    tx.textContent = `block ${line[1]} · ${line[2]} · epoch ${line[5]}${payer ? ` · by ${payer}` : ""}`;
    const list = document.createElement("ul");
    for (const [id, units, waits] of line[8]) {
      const item = document.createElement("li");
      const name = document.createElement("span");
      name.textContent = (data.names[id] || `Row ${id}`) + (waits ? " (credit)" : "");
      const amount = document.createElement("span");
      amount.className = "amount";
      amount.textContent = money(units);
      item.append(name, amount);
      list.append(item);
    }
    place.append(tx, list);
    row.append(place);
    return row;
  };
  const show = () => {
    const body = document.querySelector("#ledger-table tbody");
    const pages = Math.max(1, Math.ceil(page.found.length / page.size));
    page.at = Math.min(page.at, pages - 1);
    const shown = page.found.slice(page.at * page.size, (page.at + 1) * page.size);
    body.replaceChildren(...shown.map((index) => {
      const line = ledger[index];
      const row = document.createElement("tr");
      row.className = "run";
      const what = cell("");
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = titleOf(line);
      button.setAttribute("aria-expanded", "false");
      what.append(button);
      const payer = cell(data.ledger.parties[line[4]] || "", "mono cut");
      payer.title = payer.textContent;
      const paid = line[8].filter(([, , waits]) => !waits);
      const waits = line[8].filter(([, , each]) => each);
      row.append(cell(utc(line[0])), what, payer, cell(line[7] === "0" ? "" : money(line[7]), "amount"),
        cell(money(sum(paid)), "amount"), cell(waits.length ? money(sum(waits)) : "", "amount"), cell(String(line[5]), "right"));
      row.addEventListener("click", () => {
        const open = button.getAttribute("aria-expanded") === "true";
        button.setAttribute("aria-expanded", String(!open));
        if (open) row.nextElementSibling.remove(); else row.after(details(line));
      });
      return row;
    }));
    const from = page.at * page.size;
    find("ledger-count").textContent = page.found.length
      ? `${numbers.format(from + 1)} to ${numbers.format(from + shown.length)} of ${numbers.format(page.found.length)}`
      : "No line has these words.";
    fit(paper.on ? PAPER : 0);
    find("ledger-before").disabled = page.at === 0;
    find("ledger-after").disabled = page.at >= pages - 1;
  };
  const search = () => {
    const asked = find("ledger-search").value.toLowerCase().split(/\s+/).filter(Boolean);
    page.found = ledger.map((_, index) => index);
    if (asked.length) {
      // as it was typed; if no line has that, its words in any order
      const whole = asked.join(" ");
      const exact = page.found.filter((index) => wordsOf()[index].includes(whole));
      page.found = exact.length ? exact : page.found.filter((index) => asked.every((word) => wordsOf()[index].includes(word)));
    }
    page.at = 0;
    show();
  };

  const rows = find("entitlement-row");
  for (const row of data.entitlements ? data.entitlements.rows : []) {
    const option = document.createElement("option");
    option.textContent = row.name;
    rows.append(option);
  }
  rows.addEventListener("change", drawEntitlements);
  for (const button of document.querySelectorAll("[data-tranche]")) {
    button.addEventListener("click", () => {
      tranche = Number(button.dataset.tranche);
      for (const each of document.querySelectorAll("[data-tranche]")) each.setAttribute("aria-pressed", String(each === button));
      drawShares();
    });
  }
  find("ledger-search").addEventListener("input", search);
  find("ledger-before").addEventListener("click", () => { page.at -= 1; show(); });
  find("ledger-after").addEventListener("click", () => { page.at += 1; show(); });
  let width = window.innerWidth;
  window.addEventListener("resize", () => {
    if (window.innerWidth === width || paper.on) return;
    width = window.innerWidth;
    fit(paper.on ? PAPER : 0);
    drawAll();
  });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  // paper has its own width and is always light
  window.matchMedia("print").addEventListener("change", (event) => { paper.on = event.matches; fit(paper.on ? PAPER : 0); drawAll(); });
  search();
  drawAll();
  document.documentElement.dataset.drawn = "yes";
})();
