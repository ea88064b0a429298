// What a row opens: equation, facts, schedule, lineage, data sheet and source.
function detail(index) {
  const row = data.rows[index], sheet = data.sheets[index], schedule = scheduleOf(row);
  const label = row[F.rank] === null ? "Optimizer without a rank" : `Optimizer of rank ${row[F.rank]}`;
  const parts = make("div", { class: "pieces" },
    make("div", {}, equationPart(row, sheet), factsPart(row), schedule ? schedulePart(schedule) : null, lineagePart(index)),
    sheet ? sheetPart(sheet) : noSheet(row));
  return make("div", { role: "region", "aria-label": label }, parts, sheet ? sourcePart(sheet) : null);
}

function equationPart(row, sheet) {
  const packed = sheet?.display ?? row[F.formula];
  const lines = packed !== null && packed[1]?.[0] === "T";
  const shape = packed === null ? make("code", {}, row[F.text]) : math(packed, lines);
  return make("section", {}, make("h3", {}, "Equation"),
    make("div", { class: "wide equation", tabindex: "0", role: "group", "aria-label": "Equation" }, shape),
    make("p", {}, make("code", {}, row[F.text])),
    make("div", { class: "buttons" },
      copier("Copy rule", () => row[F.text]),
      sheet?.latex ? copier("Copy LaTeX", () => sheet.latex) : null,
      row[F.key] ? copier("Copy key", () => row[F.key]) : null));
}

function factsPart(row) {
  const told = [
    ["Fitness", number(row[F.fitness], 4)],
    ["Mean", row[F.count] > 1 && row[F.mean] !== null ? `${number(row[F.mean], 4)} of ${row[F.count]} evaluations` : ""],
    ["Reason", row[F.reason] === null ? "" : data.reasons[row[F.reason]]],
    ["Learning rate", row[F.learning_rate] === null ? "" : String(row[F.learning_rate])],
    ["Training", duration(row[F.seconds])],
    ["Evaluation", `run ${row[F.run]}, ${row[F.slot]}`],
    ["In the catalog", row[F.catalog]],
    ...data.columns.map((title, at) => [title, confirmedText(row[F.confirmed][at])]),
  ];
  return make("dl", { class: "facts" }, told.filter(([, text]) => text).map(([name, text]) => (
    make("div", {}, make("dt", {}, name), make("dd", {}, text)))));
}

function schedulePart(schedule) {
  const shape = schedule.formula === null ? make("code", {}, schedule.text) : math(schedule.formula, false);
  const title = "Schedule that leaves the rule, as a factor of the learning rate";
  return make("section", {}, make("h3", {}, "Schedule"), make("p", {}, shape),
    schedule.points.length ? curve(schedule, title) : make("p", { class: "soft" }, "It has no finite values to draw."));
}

function curve(schedule, title) {
  const width = 400, height = 150, left = 34, bottom = 22;
  const known = schedule.points.filter((y) => y !== null);
  const low = Math.min(0, ...known), high = Math.max(...known, ...data.base);
  const x = (at) => left + (width - left - 8) * at / (schedule.points.length - 1);
  const y = (value) => 6 + (height - bottom - 12) * (high - value) / (high - low);
  const line = (points) => {
    let text = "", pen = false;
    points.forEach((value, at) => {
      if (value !== null) text += `${pen ? "L" : "M"}${x(at).toFixed(1)} ${y(value).toFixed(1)}`;
      pen = value !== null;
    });
    return text;
  };
  return draw("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", width, "aria-label":
      `${title}: ${schedule.text} times the base schedule over the training, and the base schedule dashed` },
    draw("path", { class: "axis", d: `M${left} 6V${height - bottom}H${width - 8}` }),
    draw("path", { class: "base", d: line(data.base) }), draw("path", { class: "curve", d: line(schedule.points) }),
    draw("text", { x: left - 6, y: y(1) + 4, "text-anchor": "end" }, "1"),
    draw("text", { x: left - 6, y: y(0) + 4, "text-anchor": "end" }, "0"),
    draw("text", { x: left, y: height - 6 }, "0"),
    draw("text", { x: (left + width) / 2, y: height - 6, "text-anchor": "middle" }, "t / T; the base schedule is dashed"),
    draw("text", { x: width - 8, y: height - 6, "text-anchor": "end" }, "1"));
}

function changed(pairs) {
  return pairs.map(([old, now]) => make("div", {}, make("code", { class: "old" }, old), " → ", make("code", { class: "new" }, now)));
}

function lineagePart(index) {
  const row = data.rows[index];
  const moves = data.moves[`${row[F.run]}/${row[F.particle]}`];
  if (row[F.time_step] === null || !moves) {
    return make("section", {}, make("h3", {}, "Lineage"), make("p", { class: "soft" },
      row[F.particle] === null || row[F.time_step] === null ? `${row[F.place]}: it has no parent.` : `${row[F.place]}: the path of the particle is not known.`));
  }
  const path = moves.filter((move) => move.time_step < row[F.time_step]).map((move) => step(move, move.key));
  const last = { time_step: row[F.time_step], formula: row[F.formula], text: row[F.text], fitness: row[F.fitness], change: row[F.change] };
  return make("section", {}, make("h3", {}, "Lineage"), make("p", { class: "soft" }, `Particle ${row[F.particle]} of run ${row[F.run]}, the mutation of each step.`),
    make("ol", { class: "path", start: "0" }, path, step(last, null)));
}

function step(move, key) {
  const there = key !== null && rowOf.has(key);
  const jump = there ? make("button", { type: "button" }, "Show") : null;
  jump?.addEventListener("click", () => show(rowOf.get(key)));
  return make("li", { value: move.time_step }, changed(move.change),
    make("div", { class: "equation" }, move.formula === null ? make("code", {}, move.text) : math(move.formula, false)),
    make("span", { class: "soft" }, move.fitness === null ? "no fitness " : `fitness ${number(move.fitness, 4)} `), jump);
}

function sheetPart(sheet) {
  const lines = sheet.lines.map(([title, says, basis, by]) => make("section", {}, make("h4", {}, title),
    // The equation of the first line stands above, as a formula.
    title === "Equation" ? make("pre", {}, says.join("\n")) : says.map((sentence) => make("p", {}, sentence)),
    make("p", { class: "by" }, make("span", { class: basis }, basis), `: ${by}.`)));
  return make("section", { class: "nos-sheet" }, make("h3", {}, "Data sheet"), lines);
}

function noSheet(row) {
  if (!row[F.size]) return null;
  const command = `nos-sym explain '${row[F.text].replaceAll("'", "'\\''")}'`;
  return make("section", {}, make("h3", {}, "Data sheet"), make("p", { class: "soft" },
    "It stands in this page for the first rows alone. This command prints the one of this optimizer:"),
    make("pre", {}, command), make("div", { class: "buttons" }, copier("Copy command", () => command)));
}

function sourcePart(sheet) {
  if (!sheet.source.length) return make("p", { class: "soft" }, "It cannot be rendered to PyTorch.");
  const text = () => sheet.source.map((line) => data.lines[line]).join("\n") + "\n";
  const place = make("pre", { tabindex: "0", role: "region", "aria-label": "Source for PyTorch" });
  const whole = make("details", {}, make("summary", {}, `Source for PyTorch, ${sheet.source.length} lines`), place);
  whole.addEventListener("toggle", () => { place.textContent ||= text(); });
  return make("section", {}, whole, make("div", { class: "buttons" }, copier("Copy source", text)));
}
