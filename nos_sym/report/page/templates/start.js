// A page of a running search is loaded again; what the reader has chosen, and where, stays.
function startReloading() {
  if (!data.live) return;
  const place = find("live");
  const button = make("button", { type: "button", id: "pause" });
  const line = make("span", {});
  let typed = 0;
  const told = () => {
    line.textContent = state.paused ? "The search goes on; this page stays as it is. " : `The search goes on; this page follows it, every ${data.live} s at most. `;
    button.textContent = state.paused ? "Follow" : "Pause";
  };
  button.addEventListener("click", () => {
    state.paused = !state.paused;
    keep();
    told();
  });
  place.append(line, button);
  place.hidden = false;
  told();
  document.addEventListener("input", () => { typed = Date.now(); });
  const wait = () => setTimeout(() => {
    const busy = state.paused || document.hidden || !getSelection().isCollapsed || Date.now() - typed < 2000;
    if (busy) {
      wait();
      return;
    }
    keep();
    location.reload();
  }, Math.max(1, data.live) * 1000);
  wait();
}

function start() {
  const { scroll, focus, row } = state;
  startTable();
  startChart();
  startReloading();
  addEventListener("pagehide", keep);
  if (scroll) scrollTo({ top: scroll, behavior: "instant" });
  // The numbers of rows change while a search goes on.
  const again = row && rowOf.has(row) ? find(`row-${rowOf.get(row)}`) : focus ? find(focus) : null;
  again?.focus({ preventScroll: true });
  document.documentElement.dataset.ready = performance.now().toFixed(0);
}

start();
