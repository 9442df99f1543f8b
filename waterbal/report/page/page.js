"use strict";
(() => {
  const settings = JSON.parse(document.getElementById("settings").textContent);
  const printed = settings.printed;
  const plots = [];
  const ROUNDS = 3;
  const PAUSE = 150;

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

  const draw = async (plot) => {
    const { place } = plot;
    const figure = JSON.parse(plot.script.textContent);
    const layout = figure.layout || {};
    plot.room = place.parentElement.clientWidth;
    if (plot.room < settings.narrow) narrowed(layout);
    plot.least = layout.width || 0;
    if (plot.least && plot.least <= plot.room) delete layout.width;
    if (matchMedia("(pointer: coarse)").matches) layout.dragmode = false;
    plot.drawing = layout.height - layout.margin.t - layout.margin.b;
    // diagrams of flows are drawn again in steps, which a printer does not wait for: they are made smaller as they are
    plot.rigid = figure.data.some((trace) => trace.type === "sankey");
    await Plotly.newPlot(place, figure.data, layout, settings.config);
    // what labels take depends on the height, a little: a few rounds
    for (let round = 0; round < ROUNDS && !plot.rigid && lost(plot); round += 1) {
      await Plotly.relayout(place, { height: lost(plot) });
    }
    hinted(place.parentElement);
  };

  // what is wider than its box is said before it, where the reader meets it
  const hinted = (box) => {
    const said = box.previousElementSibling;
    if (said && said.classList.contains("slide")) said.remove();
    if (box.scrollWidth <= box.clientWidth) return;
    const hint = document.createElement("p");
    hint.className = "note slide";
    hint.textContent = settings.words.slide;
    box.before(hint);
  };

  // a window that is made narrower, a telephone that is turned: figures are drawn anew for the room that they have now
  let drawing = Promise.resolve();
  let waiting = 0;
  let paper = false;
  const redraw = () => {
    drawing = drawing.then(async () => {
      for (const plot of plots) {
        if (!paper && plot.place.parentElement.clientWidth !== plot.room) await draw(plot);
      }
      document.documentElement.dataset.fitted = String(innerWidth);
    });
  };
  const resized = () => {
    clearTimeout(waiting);
    waiting = setTimeout(redraw, PAUSE);
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
    for (const script of document.querySelectorAll("script[data-plot]")) {
      const plot = { script, place: document.getElementById(script.dataset.plot) };
      await draw(plot);
      plots.push(plot);
    }
    document.documentElement.dataset.drawn = String(plots.length);
    window.addEventListener("resize", resized);
    redraw();
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
    paper = true;
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
      if (!plot.rigid) {
        Plotly.relayout(plot.place, { width, autosize: false });
        for (let round = 0; round < ROUNDS && lost(plot); round += 1) {
          Plotly.relayout(plot.place, { height: lost(plot) });
        }
      }
      // a figure and its caption stay on one sheet
      const zoom = Math.min(1, printed / width, settings.sheet / plot.place._fullLayout.height);
      plot.place.style.setProperty("--print-zoom", String(zoom));
    }
  });
  window.addEventListener("afterprint", () => {
    paper = false;
    shut.forEach((part) => { part.open = false; });
    notes.forEach((note) => note.remove());
    notes = [];
    plots.forEach((plot) => { plot.room = 0; });
    redraw();
  });

  tools();
  searches();
  figures();
})();
