// What the reader has chosen, which a page that is loaded again keeps for as long as its tab is open.
const F = Object.fromEntries(data.fields.map((name, index) => [name, index]));
const PLACE = `nos-sym report ${data.store} ${data.task} ${data.run}`;
const START = { sort: "order", ascending: true, find: "", status: "", schedule: "", size: "", page: 0, open: [] };
const state = { ...START, ...kept() };

function kept() {
  try {
    const found = JSON.parse(sessionStorage.getItem(PLACE));
    return found && typeof found === "object" && Array.isArray(found.open) ? found : {};
  } catch {
    return {};
  }
}

function keep() {
  const focused = document.activeElement;
  state.scroll = window.scrollY;
  state.focus = focused && focused.id ? focused.id : "";
  state.row = focused?.closest?.("tr.row")?.dataset.name ?? "";
  try {
    sessionStorage.setItem(PLACE, JSON.stringify(state));
  } catch {
    // Without storage the page works and forgets.
  }
}

// A row by what does not change when others are added: the key, or the rule that cannot be read.
const nameOf = (row) => row[F.key] || `text ${row[F.text]}`;
const rowOf = new Map(data.rows.map((row, index) => [nameOf(row), index]));
