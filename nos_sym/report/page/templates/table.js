// The table: sorted, filtered, fifty rows at a time.
const ROWS = 50;
const COLUMNS = [
  { name: "order", title: "Rank", number: true, of: (row, index) => index },
  { name: "fitness", title: "Fitness", number: true, of: (row) => row[F.fitness], first: false },
  // An interval is sorted by its lower end, a count by the count.
  ...data.columns.map((title, index) => ({
    name: `confirmed-${index}`, title, number: true, first: false, style: "confirmed",
    of: (row) => { const value = row[F.confirmed][index]; return typeof value === "string" ? parseFloat(value) : value; },
  })),
  { name: "size", title: "Complexity", number: true, of: (row) => row[F.size] },
  { name: "schedule", title: "Schedule", of: (row) => scheduleOf(row)?.text ?? null },
  { name: "text", title: "Equation", of: (row) => row[F.text] },
  { name: "key", title: "Key", of: (row) => row[F.key] || null },
  { name: "place", title: "Lineage", of: (row) => lineageOf(row) },
  { name: "seconds", title: "Seconds", number: true, of: (row) => row[F.seconds] },
  { name: "status", title: "Status", of: (row) => row[F.status] },
];
const scheduleOf = (row) => (row[F.schedule] === null ? null : data.schedules[row[F.schedule]]);
const lineageOf = (row) => (row[F.particle] === null || row[F.time_step] === null
  ? row[F.place]
  : [row[F.run], row[F.particle], row[F.time_step]].map((n) => String(n).padStart(6, "0")).join(" "));
const statusOf = (status) => (status === "fitness" ? "evaluated" : status);
const confirmedText = (value) => (typeof value === "number" ? number(value, 4) : value ?? "");
const find = (id) => document.getElementById(id);
const hay = [];
let shown = [];

function haystack(index) {
  const row = data.rows[index];
  hay[index] ??= [row[F.text], row[F.key], row[F.catalog], row[F.place], row[F.slot], row[F.momentum],
    scheduleOf(row)?.text, row[F.reason] === null ? "" : data.reasons[row[F.reason]]].join("\n").toLowerCase();
  return hay[index];
}

function choose() {
  const words = state.find.toLowerCase().split(/\s+/).filter(Boolean);
  const most = state.size === "" ? Infinity : Number(state.size);
  shown = [];
  data.rows.forEach((row, index) => {
    if (state.status && row[F.status] !== state.status) return;
    if (state.schedule === "with" && row[F.schedule] === null) return;
    if (state.schedule === "without" && (row[F.schedule] !== null || row[F.size] === null)) return;
    if (most !== Infinity && !(row[F.size] !== null && row[F.size] <= most)) return;
    if (words.length && !words.every((word) => haystack(index).includes(word))) return;
    shown.push(index);
  });
  const column = COLUMNS.find((c) => c.name === state.sort) ?? COLUMNS[0];
  const values = new Map(shown.map((index) => [index, column.of(data.rows[index], index)]));
  const sign = state.ascending ? 1 : -1;
  shown.sort((a, b) => {
    const x = values.get(a), y = values.get(b);
    if (x === y) return a - b;
    // What has no value stands at the end, whatever the direction.
    if (x === null || y === null) return x === null ? 1 : -1;
    return (x < y ? -1 : 1) * sign;
  });
}

function update() {
  choose();
  const pages = Math.max(1, Math.ceil(shown.length / ROWS));
  state.page = Math.min(Math.max(0, state.page), pages - 1);
  for (const column of COLUMNS) {
    const cell = find(`head-${column.name}`);
    const sorted = column.name === state.sort;
    cell.setAttribute("aria-sort", sorted ? (state.ascending ? "ascending" : "descending") : "none");
    cell.firstChild.lastChild.textContent = sorted ? (state.ascending ? " ▲" : " ▼") : "";
  }
  find("sort").value = state.sort;
  find("direction").textContent = state.ascending ? "ascending" : "descending";
  const from = state.page * ROWS, to = Math.min(from + ROWS, shown.length);
  find("count").textContent = shown.length
    ? `${from + 1} to ${to} of ${shown.length}${shown.length < data.rows.length ? ` of ${data.rows.length}` : ""} optimizers`
    : data.rows.length ? "No optimizer is like this; 'Clear' shows all." : "There is no optimizer yet.";
  const body = find("table").tBodies[0];
  body.replaceChildren();
  for (const index of shown.slice(from, to)) {
    body.append(rowElement(index));
    if (state.open.includes(nameOf(data.rows[index]))) open(index);
  }
  find("pager").replaceChildren(
    pageButton("First", 0, state.page > 0), pageButton("Previous", state.page - 1, state.page > 0),
    make("span", {}, `page ${state.page + 1} of ${pages}`),
    pageButton("Next", state.page + 1, state.page < pages - 1), pageButton("Last", pages - 1, state.page < pages - 1),
  );
  find("pager").hidden = pages === 1;
  keep();
}

function pageButton(label, page, enabled) {
  const id = `page-${label.toLowerCase()}`;
  const button = make("button", { type: "button", id, disabled: !enabled }, label);
  button.addEventListener("click", () => {
    state.page = page;
    update();
    const same = find(id);
    (same.disabled ? find("table").querySelector("button.toggle") : same)?.focus();
  });
  return button;
}

function rowElement(index) {
  const row = data.rows[index], name = nameOf(row), schedule = scheduleOf(row);
  const title = row[F.rank] === null ? "–" : String(row[F.rank]);
  const about = `${title === "–" ? "Optimizer without a rank" : `Rank ${title}`}: what is known`;
  const toggle = make("button", { type: "button", class: "toggle", id: `row-${index}`, "aria-expanded": "false",
    "aria-label": about }, title);
  const words = row[F.reason] === null ? "" : data.reasons[row[F.reason]];
  const equation = row[F.formula] === null ? make("code", {}, row[F.text]) : math(row[F.formula], false);
  const kind = row[F.momentum] && row[F.momentum] !== "none" ? make("span", { class: "momentum" }, row[F.momentum] + " ") : null;
  const called = row[F.catalog] ? make("span", { class: "momentum" }, ` (${row[F.catalog]})`) : null;
  const cells = [
    toggle, number(row[F.fitness], 4), ...row[F.confirmed].map(confirmedText), row[F.size] === null ? "" : String(row[F.size]),
    schedule ? make("div", { class: "equation" }, schedule.formula === null ? schedule.text : math(schedule.formula, false)) : "",
    make("div", { class: "equation" }, kind, equation, called), make("span", { class: "key" }, row[F.key]),
    row[F.place], number(row[F.seconds], 1), make("span", { class: row[F.status].split(" ")[0], title: words }, statusOf(row[F.status])),
  ];
  const element = make("tr", { class: "row", role: "row", "data-name": name });
  COLUMNS.forEach((column, at) => {
    element.append(make("td", { role: "cell", class: column.number ? "num" : null, "data-label": column.title }, cells[at]));
  });
  toggle.addEventListener("click", () => flip(index));
  element.addEventListener("click", (event) => {
    if (!event.target.closest("button") && getSelection().isCollapsed) flip(index);
  });
  element.addEventListener("keydown", (event) => move(event, element, index));
  return element;
}

// Up and down go from row to row, escape closes.
function move(event, element, index) {
  const steps = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
  if (event.key === "Escape" && close(index)) event.preventDefault();
  if (!steps || !event.target.classList.contains("toggle")) return;
  let other = element[steps];
  while (other && !other.classList.contains("row")) other = other[steps];
  if (!other) return;
  event.preventDefault();
  other.querySelector("button.toggle").focus();
}

function flip(index) {
  if (!close(index)) {
    state.open.push(nameOf(data.rows[index]));
    open(index);
    keep();
  }
}

function open(index) {
  const toggle = find(`row-${index}`), row = toggle.closest("tr");
  toggle.setAttribute("aria-expanded", "true");
  toggle.setAttribute("aria-controls", `detail-${index}`);
  row.classList.add("open");
  const inside = detail(index);
  const element = make("tr", { class: "detail", role: "row", id: `detail-${index}` },
    make("td", { role: "cell", colspan: COLUMNS.length }, inside));
  element.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && close(index)) event.preventDefault();
  });
  row.after(element);
}

function close(index) {
  const element = find(`detail-${index}`);
  if (!element) return false;
  const toggle = find(`row-${index}`);
  if (element.contains(document.activeElement)) toggle.focus();
  element.remove();
  toggle.setAttribute("aria-expanded", "false");
  toggle.removeAttribute("aria-controls");
  toggle.closest("tr").classList.remove("open");
  state.open = state.open.filter((name) => name !== nameOf(data.rows[index]));
  keep();
  return true;
}

// Shows a row wherever it is, as another part of the page asks for it.
function show(index) {
  const name = nameOf(data.rows[index]);
  if (!shown.includes(index)) {
    Object.assign(state, START, { open: state.open });
    fields();
    choose();
  }
  if (!state.open.includes(name)) state.open.push(name);
  state.page = Math.floor(shown.indexOf(index) / ROWS);
  update();
  find(`row-${index}`).focus();
  find(`row-${index}`).scrollIntoView({ block: "center" });
}

function fields() {
  for (const id of ["find", "status", "schedule", "size"]) find(id).value = state[id];
}

function startTable() {
  const head = make("tr", { role: "row" });
  for (const column of COLUMNS) {
    const button = make("button", { type: "button" }, make("span", {}, column.title), make("span", { "aria-hidden": "true" }));
    button.addEventListener("click", () => sortBy(column.name, state.sort === column.name ? !state.ascending : column.first ?? true));
    head.append(make("th", { scope: "col", role: "columnheader", id: `head-${column.name}`, class: [column.number ? "num" : "", column.style ?? ""].join(" ").trim() || null }, button));
    find("sort").append(make("option", { value: column.name }, column.title));
  }
  find("table").tHead.append(head);
  for (const status of [...new Set(data.rows.map((row) => row[F.status]))].sort()) {
    find("status").append(make("option", { value: status }, statusOf(status)));
  }
  fields();
  for (const id of ["find", "status", "schedule", "size"]) {
    find(id).addEventListener("input", () => {
      state[id] = find(id).value;
      state.page = 0;
      update();
    });
  }
  find("sort").addEventListener("input", () => {
    sortBy(find("sort").value, COLUMNS.find((c) => c.name === find("sort").value).first ?? true);
  });
  find("direction").addEventListener("click", () => sortBy(state.sort, !state.ascending));
  find("filters").addEventListener("submit", (event) => event.preventDefault());
  find("filters").addEventListener("reset", (event) => {
    event.preventDefault();
    Object.assign(state, START, { open: state.open });
    fields();
    update();
  });
  update();
}

function sortBy(name, ascending) {
  state.sort = name;
  state.ascending = ascending;
  state.page = 0;
  update();
}
