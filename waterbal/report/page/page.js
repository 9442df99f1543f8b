"use strict";
(() => {
  const settings = JSON.parse(document.getElementById("settings").textContent);
  const printed = settings.printed;
  const plots = [];

  const draw = (script) => {
    const place = document.getElementById(script.dataset.plot);
    const figure = JSON.parse(script.textContent);
    const layout = figure.layout || {};
    const least = layout.width || 0;
    if (least && least <= place.parentElement.clientWidth) delete layout.width;
    if (matchMedia("(pointer: coarse)").matches) layout.dragmode = false;
    // diagrams of flows are drawn again in steps, which a printer does not wait for: they are made smaller as they are
    plots.push({ place, least, rigid: figure.data.some((trace) => trace.type === "sankey") });
    return Plotly.newPlot(place, figure.data, layout, settings.config).then(() => {
      if (place.scrollWidth <= place.parentElement.clientWidth) return;
      const hint = document.createElement("span");
      hint.className = "slide";
      hint.textContent = " " + settings.words.slide;
      place.closest("figure").querySelector("figcaption").append(hint);
    });
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

  let shut = [];
  window.addEventListener("beforeprint", () => {
    shut = [...document.querySelectorAll("details:not([open])")];
    shut.forEach((part) => { part.open = true; });
    for (const plot of plots) {
      const width = plot.rigid ? plot.place.scrollWidth : Math.max(plot.least, printed);
      plot.place.style.setProperty("--print-zoom", String(Math.min(1, printed / width)));
      if (!plot.rigid) Plotly.relayout(plot.place, { width, autosize: false });
    }
  });
  window.addEventListener("afterprint", () => {
    shut.forEach((part) => { part.open = false; });
    for (const plot of plots) {
      const free = !plot.least || plot.least <= plot.place.parentElement.clientWidth;
      if (!plot.rigid) Plotly.relayout(plot.place, free ? { width: null, autosize: true } : { width: plot.least });
    }
  });

  tools();
  searches();
  figures();
})();
