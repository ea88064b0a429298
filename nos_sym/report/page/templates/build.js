// Elements, formulas and copying. Nothing here reads text as HTML.
const SVG = "http://www.w3.org/2000/svg", MATH = "http://www.w3.org/1998/Math/MathML";

function make(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

function draw(tag, attributes, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

// Formulas are data: a text is a leaf, an integer a space in sixths of an em, a list an element.
const TAGS = { "": "mrow", i: "mi", n: "mn", o: "mo", t: "mtext", _: "msub", "^": "msup", x: "msubsup", "/": "mfrac",
  q: "msqrt", h: "mover", u: "munder", T: "mtable", r: "mtr", d: "mtd" };
const OPERATORS = data.operators;

function math(packed, display) {
  const root = document.createElementNS(MATH, "math");
  if (display) root.setAttribute("display", "block");
  const inner = Array.isArray(packed) && packed[0] === "" ? packed.slice(1) : [packed];
  root.append(...inner.map((part) => piece(part, display)));
  return root;
}

function piece(packed, display) {
  if (typeof packed === "number") {
    const space = document.createElementNS(MATH, "mspace");
    space.setAttribute("width", `${Number((packed / 6).toFixed(3))}em`);
    return space;
  }
  if (typeof packed === "string") return leaf(packed);
  const [short, ...rest] = packed;
  const element = document.createElementNS(MATH, TAGS[short]);
  if ("inot".includes(short) && short) {
    element.textContent = rest[0];
    if (short === "i" && rest[1]) element.setAttribute("mathvariant", rest[1]);
    if (short === "o" && rest[1]) {
      element.setAttribute("form", rest[1]);
      element.setAttribute("stretchy", "true");
    }
    return element;
  }
  if (short === "h") element.setAttribute("accent", "true");
  if (short === "T") {
    element.setAttribute("class", display ? "nos-lines" : "nos-cases");
    if (display) element.setAttribute("displaystyle", "true");
  }
  if (short === "r") {
    rest.forEach((cell, index) => {
      const made = piece(cell, false);
      made.setAttribute("class", display && index % 2 === 0 ? "nos-right" : "nos-left");
      element.append(made);
    });
    return element;
  }
  // Only the table of a display is one of lines; those inside it are cases.
  element.append(...rest.map((part) => piece(part, display && "Tr".includes(short))));
  return element;
}

function leaf(text) {
  const tag = /^[0-9.]+$/.test(text) ? "mn" : OPERATORS.includes(text) || text === "mod" ? "mo" : "mi";
  const element = document.createElementNS(MATH, tag);
  element.textContent = text;
  if (text === "(" || text === ")") element.setAttribute("stretchy", "false");
  return element;
}

function say(text) {
  const place = document.getElementById("said");
  place.textContent = "";
  requestAnimationFrame(() => { place.textContent = text; });
}

function copier(label, text) {
  const button = make("button", { type: "button", class: "copy" }, label);
  button.addEventListener("click", async () => {
    const done = await copied(text());
    button.textContent = done ? "Copied" : "Cannot copy";
    say(done ? `${label}: copied` : "The browser does not allow copying");
    setTimeout(() => { button.textContent = label; }, 1500);
  });
  return button;
}

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Pages from a file have no clipboard in some browsers; the older way asks for no permission.
    const area = make("textarea", { class: "unseen", "aria-hidden": "true" });
    const focused = document.activeElement;
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    focused?.focus();
    return done;
  }
}

function number(value, digits) {
  if (value === null) return "";
  return Math.abs(value) >= 1e7 ? value.toExponential(4) : value.toFixed(digits);
}

function duration(seconds) {
  if (seconds === null) return "";
  if (seconds < 90) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  return seconds < 5400 ? `${(seconds / 60).toFixed(1)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
