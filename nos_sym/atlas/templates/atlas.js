'use strict';
(() => {
  const find = document.getElementById('find');
  const boxes = [...document.querySelectorAll('.of')];
  const rows = [...document.querySelectorAll('details')];
  const shown = document.getElementById('shown');
  const filter = () => {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    const libraries = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    let count = 0;
    for (const row of rows) {
      const here = libraries.has(row.dataset.library) && words.every((word) => row.dataset.text.includes(word));
      row.hidden = !here;
      count += here;
    }
    shown.textContent = `${count} of ${rows.length} shown`;
  };
  const open = () => {
    const row = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (row && row.tagName === 'DETAILS') {
      row.hidden = false;
      row.open = true;
      row.scrollIntoView();
    }
  };
  find.addEventListener('input', filter);
  find.form.addEventListener('submit', (event) => event.preventDefault());
  for (const box of boxes) box.addEventListener('change', filter);
  window.addEventListener('hashchange', open);
  filter();
  open();
})();
