// Fitness over time: a dot for each evaluation, the best so far as a line, and a slider that goes through them.
function startChart() {
  const place = find("chart"), points = data.trainings;
  const known = points.map(([fitness]) => fitness).filter((fitness) => fitness !== null);
  if (!known.length) {
    place.append(make("p", { class: "soft" }, "Nothing has a fitness yet."));
    return;
  }
  const low = known.reduce((a, b) => Math.min(a, b)), high = known.reduce((a, b) => Math.max(a, b));
  const span = high - low || Math.abs(high) || 1;
  const slider = make("input", { type: "range", min: "0", max: String(points.length - 1), value: String(points.length - 1),
    id: "evaluation", "aria-label": "Evaluation, in the order in which they ended" });
  const output = make("output", { for: "evaluation" });
  const holder = make("div", { class: "plot" });
  const without = points.length - known.length;
  place.append(holder, slider, output, make("p", { class: "soft" },
    "Evaluations in the order in which they ended; the line is the best so far" +
    (without ? `, and the marks below are ${without} without a fitness.` : ".")));
  let x, y, chosen;

  function redraw() {
    const width = Math.max(280, holder.clientWidth || 800), height = width < 500 ? 220 : 300;
    const left = 46, right = 10, top = 8, bottom = 36;
    x = (at) => left + (width - left - right) * (points.length < 2 ? 0.5 : at / (points.length - 1));
    y = (fitness) => top + (height - top - bottom - 10) * (high - fitness) / span;
    let dots = "", none = "", line = "", best = -Infinity;
    points.forEach(([fitness], at) => {
      const place = x(at).toFixed(1);
      if (fitness === null) {
        none += `M${place} ${height - bottom - 6}v6`;
        return;
      }
      dots += `M${place} ${y(fitness).toFixed(1)}h0`;
      if (fitness > best) {
        line += best === -Infinity ? `M${place} ${y(fitness).toFixed(1)}` : `H${place}V${y(fitness).toFixed(1)}`;
        best = fitness;
      }
    });
    line += `H${x(points.length - 1).toFixed(1)}`;
    const svg = draw("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label":
      `Fitness of ${points.length} evaluations over time, from ${low.toFixed(4)} to ${high.toFixed(4)}` });
    for (const value of ticks(low, low + span, 5)) {
      svg.append(draw("path", { class: "axis", d: `M${left} ${y(value).toFixed(1)}H${width - right}` }),
        draw("text", { x: left - 6, y: y(value) + 4, "text-anchor": "end" }, String(value)));
    }
    for (const value of ticks(1, points.length, width < 500 ? 4 : 8)) {
      if (value < 1) continue;
      svg.append(draw("text", { x: x(value - 1), y: height - bottom + 16, "text-anchor": "middle" }, String(value)));
    }
    chosen = draw("circle", { class: "chosen", r: 5 });
    svg.append(draw("path", { class: "axis", d: `M${left} ${top}V${height - bottom}H${width - right}` }),
      draw("path", { class: "none", d: none }), draw("path", { class: "dots", d: dots }),
      draw("path", { class: "bests", d: line }), chosen,
      draw("text", { x: (left + width) / 2, y: height - 4, "text-anchor": "middle" }, "evaluation"));
    svg.addEventListener("pointermove", (event) => point(nearest(event, svg)));
    svg.addEventListener("click", (event) => { const at = nearest(event, svg); point(at); show(points[at][1]); });
    holder.replaceChildren(svg);
    point(Number(slider.value));
  }

  function nearest(event, svg) {
    const box = svg.getBoundingClientRect(), scale = svg.viewBox.baseVal.width / box.width;
    const px = (event.clientX - box.left) * scale, py = (event.clientY - box.top) * scale;
    let found = 0, least = Infinity;
    points.forEach(([fitness], at) => {
      if (fitness === null) return;
      const distance = (x(at) - px) ** 2 + (y(fitness) - py) ** 2;
      if (distance < least) [found, least] = [at, distance];
    });
    return found;
  }

  function point(at) {
    const [fitness, index] = points[at], row = data.rows[index];
    slider.value = String(at);
    const said = `Evaluation ${at + 1} of ${points.length}: ${fitness === null ? "no fitness" : number(fitness, 4)}`;
    slider.setAttribute("aria-valuetext", `${said}, ${row[F.text]}`);
    const button = make("button", { type: "button", id: "to-row" }, "Show in the table");
    button.addEventListener("click", () => show(index));
    output.replaceChildren(`${said} `, make("code", {}, row[F.text]), " ", button);
    chosen.setAttribute("visibility", fitness === null ? "hidden" : "visible");
    if (fitness !== null) {
      chosen.setAttribute("cx", x(at));
      chosen.setAttribute("cy", y(fitness));
    }
  }

  slider.addEventListener("input", () => point(Number(slider.value)));
  slider.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    // Else the key would be that of the button which has the focus then.
    event.preventDefault();
    show(points[Number(slider.value)][1]);
  });
  new ResizeObserver(() => { if (holder.firstChild?.viewBox.baseVal.width !== Math.max(280, holder.clientWidth)) redraw(); }).observe(holder);
  redraw();
}

function ticks(low, high, count) {
  const rough = (high - low) / count || 1, power = 10 ** Math.floor(Math.log10(rough));
  const width = power * ([1, 2, 5, 10].find((n) => n * power >= rough) ?? 10);
  const found = [];
  for (let value = Math.ceil(low / width) * width; value <= high + width / 1e6; value += width) {
    found.push(Number(value.toPrecision(6)));
  }
  return found;
}
