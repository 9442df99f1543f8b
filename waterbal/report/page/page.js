"use strict";
(() => {
  const settings = JSON.parse(document.getElementById("settings").textContent);
  const printed = settings.printed;
  const plots = [];
  const ROUNDS = 3;

  // what a figure says of itself for a narrow screen: paths in its layout and the values there, null for none
  const narrowed = (layout) => {
    for (const [path, value] of Object.entries((layout.meta && layout.meta.narrow) || {})) {
      const parts = path.split(".");
      const last = parts.pop();
      let part = layout;
      for (const name of parts) part = part[name] = part[name] || {};
      if (value === null) delete part[last];
      else part[last] = value;
    }
  };

  // legends and labels take their room from the drawing: the figure is made taller by what they took
  const lost = (plot) => {
    const full = plot.place._fullLayout;
    const gone = full && full._size ? plot.drawing - full._size.h : 0;
    return gone > 1 ? full.height + gone : 0;
  };

  const draw = async (script) => {
    const place = document.getElementById(script.dataset.plot);
    const figure = JSON.parse(script.textContent);
    const layout = figure.layout || {};
    const room = place.parentElement.clientWidth;
    if (room < settings.narrow) narrowed(layout);
    const least = layout.width || 0;
    if (least && least <= room) delete layout.width;
    if (matchMedia("(pointer: coarse)").matches) layout.dragmode = false;
    const drawing = layout.height - layout.margin.t - layout.margin.b;
    // diagrams of flows are drawn again in steps, which a printer does not wait for: they are made smaller as they are
    const plot = { place, least, drawing, rigid: figure.data.some((trace) => trace.type === "sankey") };
    plots.push(plot);
    await Plotly.newPlot(place, figure.data, layout, settings.config);
    // what labels take depends on the height, a little: a few rounds
    for (let round = 0; round < ROUNDS && !plot.rigid && lost(plot); round += 1) {
      await Plotly.relayout(place, { height: lost(plot) });
    }
    if (place.scrollWidth <= place.parentElement.clientWidth) return;
    const hint = document.createElement("span");
    hint.className = "slide";
    hint.textContent = " " + settings.words.slide;
    place.closest("figure").querySelector("figcaption").append(hint);
  };

  const locale = () => {
    if (!settings.locale) return;
    Plotly.register(Object.assign({ moduleType: "locale" }, settings.locale));
    Plotly.setPlotConfig({ locale: settings.locale.name });
  };

  const figures = async () => {
    if (typeof Plotly === "undefined") return;
    locale();
    if (document.fonts) await document.fonts.ready;
    for (const script of document.querySelectorAll("script[data-plot]")) await draw(script);
    document.documentElement.dataset.drawn = String(plots.length);
  };

  const searches = () => {
    for (const table of document.querySelectorAll("table[data-searched]")) {
      const rows = [...table.tBodies[0].rows];
      const texts = rows.map((row) => row.textContent.toLowerCase());
      const box = document.createElement("label");
      const input = document.createElement("input");
      const count = document.createElement("span");
      box.className = "search";
      input.type = "search";
      input.placeholder = settings.words.hint;
      const say = (n) => { count.textContent = `${settings.words.shown} ${n} / ${rows.length}`; };
      input.addEventListener("input", () => {
        const wanted = input.value.toLowerCase().split(/\s+/).filter(Boolean);
        let shown = 0;
        rows.forEach((row, k) => {
          row.hidden = !wanted.every((word) => texts[k].includes(word));
          if (!row.hidden) shown += 1;
        });
        say(shown);
      });
      say(rows.length);
      box.append(settings.words.filter, input, count);
      table.closest(".box").before(box);
    }
  };

  const all = (open) => document.querySelectorAll("details").forEach((part) => { part.open = open; });

  const tools = () => {
    document.querySelectorAll(".tools").forEach((part) => { part.hidden = false; });
    const acts = { open: () => all(true), shut: () => all(false), print: () => window.print() };
    for (const button of document.querySelectorAll("button[data-act]")) {
      button.addEventListener("click", acts[button.dataset.act]);
    }
  };

  // parts that are shut are printed too, but for tables that nobody would read on paper: their rows are counted
  let shut = [];
  let notes = [];
  window.addEventListener("beforeprint", () => {
    shut = [];
    for (const part of document.querySelectorAll("details:not([open])")) {
      const rows = part.querySelectorAll("tbody tr").length;
      if (rows <= settings.rows) {
        shut.push(part);
        part.open = true;
      } else {
        const note = document.createElement("span");
        note.textContent = settings.words.unprinted.replace("{count}", String(rows));
        part.querySelector("summary").append(note);
        notes.push(note);
      }
    }
    for (const plot of plots) {
      const width = plot.rigid ? plot.place.scrollWidth : Math.max(plot.least, settings.drawn);
      plot.place.style.setProperty("--print-zoom", String(Math.min(1, printed / width)));
      if (plot.rigid) continue;
      Plotly.relayout(plot.place, { width, autosize: false });
      for (let round = 0; round < ROUNDS && lost(plot); round += 1) {
        Plotly.relayout(plot.place, { height: lost(plot) });
      }
    }
  });
  window.addEventListener("afterprint", () => {
    shut.forEach((part) => { part.open = false; });
    notes.forEach((note) => note.remove());
    notes = [];
    for (const plot of plots) {
      const free = !plot.least || plot.least <= plot.place.parentElement.clientWidth;
      if (!plot.rigid) Plotly.relayout(plot.place, free ? { width: null, autosize: true } : { width: plot.least });
    }
  });

  tools();
  searches();
  figures();
})();
