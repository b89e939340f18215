// The script of a page. The tables hold every number without it; it adds the text on the chosen
// cell, the walk through the cells by keys, and the switches.
//
// A cell has the name that `attncli explain` reads, such as `weights[2,1,head=1]`. The page's data
// hold, for each name, the line on the cell, such as the one that `explain` prints, and the sources:
// the rectangles of tables that the cell is calculated from.

const find = (selector, within = document) => within.querySelector(selector);
const findAll = (selector, within = document) => [...within.querySelectorAll(selector)];

// ---- Tables and cells ----------------------------------------------------------------------

/** The tables of the page, in the order in which the data count them. */
const grids = findAll("table[data-before]").map(readGrid);
/** Every cell by its name, and the place of every cell. */
const cells = new Map();
const places = new Map();

grids.forEach(listCells);

/** Read a table: its rows of cells, without the gap in a long table, and their numbers on paper. */
function readGrid(table) {
  const isShown = (cell) => !cell.classList.contains("gap");
  const rows = findAll("tbody tr", table).filter(isShown);
  const headings = findAll("thead th", table).filter(isShown);
  return {
    table,
    isGiven: "given" in table.dataset,
    cells: rows.map((row) => findAll("td", row).filter(isShown)),
    rows: rows.map((row) => Number(row.dataset.row ?? 0)),
    columns: headings.map((heading) => Number(heading.dataset.column)),
  };
}

function listCells(grid) {
  const { before, after } = grid.table.dataset;
  grid.cells.forEach((line, row) =>
    line.forEach((cell, column) => {
      const own = [grid.rows[row], grid.columns[column]].filter(Boolean).join(",");
      const name = before + own + after;
      cells.set(name, cell);
      places.set(cell, { grid, row, column, name });
    }),
  );
}

/** Make a table an interactive grid with one tab stop, as the ARIA practices describe it. */
function makeGrid(grid) {
  grid.table.setAttribute("role", "grid");
  grid.cells.flat().forEach((cell) => cell.setAttribute("tabindex", "-1"));
  grid.cells[0][0].tabIndex = 0;
  if (grid.table.hasAttribute("aria-rowcount")) {
    grid.cells.forEach((line, at) => line[0].parentElement.setAttribute("aria-rowindex", grid.rows[at] + 1));
  }
  if (grid.table.hasAttribute("aria-colcount")) {
    grid.cells.forEach((line) =>
      line.forEach((cell, at) => cell.setAttribute("aria-colindex", grid.columns[at] + 1)),
    );
  }
}

/** Let keys scroll the formulas and tables without cells to walk to, if they are too wide. */
function makeScrollable() {
  const observer = new ResizeObserver((entries) =>
    entries.forEach(({ target }) => {
      if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
      else target.removeAttribute("tabindex");
    }),
  );
  findAll(".formula, .scroll")
    .filter((part) => !find("[role=grid]", part))
    .forEach((part) => observer.observe(part));
}

// ---- The data: the line and the sources of each cell -----------------------------------------

/** Unpack the data of the page; a browser that cannot do so shows the tables without the lines. */
async function unpack(text) {
  if (!("DecompressionStream" in window)) return { cells: {} };
  const packed = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).json();
}

const data = await unpack(find("script[type='application/gzip']").textContent);

/** The line of a cell; an input, and a cell without a line, have only their number. */
function lineOf(cell) {
  const { name } = places.get(cell);
  return data.cells[name]?.[0] ?? `${name} = ${cell.textContent.trim()}`;
}

function sourcesOf(cell) {
  return data.cells[places.get(cell).name]?.[1] ?? [];
}

/** The cells of a source that the page shows. */
function cellsOf([, number, top, bottom, left, right]) {
  const grid = grids[number];
  const isInside = (row, column) => top <= row && row <= bottom && left <= column && column <= right;
  return grid.cells.flatMap((line, row) =>
    line.filter((_, column) => isInside(grid.rows[row], grid.columns[column])),
  );
}

/** The cell of a source to walk to: the one with the same row and column, or else the nearest. */
function nearest(source, cell) {
  const { grid, row, column } = places.get(cell);
  const far = (other) => {
    const place = places.get(other);
    return (
      Math.abs(place.grid.rows[place.row] - grid.rows[row]) +
      Math.abs(place.grid.columns[place.column] - grid.columns[column])
    );
  };
  return cellsOf(source).sort((one, other) => far(one) - far(other))[0];
}

// ---- The state: the chosen cell, and the way to it -------------------------------------------

const state = { chosen: null, pointed: null, isPinned: false, trail: [] };

/** Choose a cell, show it, and move the focus of the keyboard to it. */
function choose(cell, isPinned = false) {
  state.chosen?.removeAttribute("aria-selected");
  state.chosen = cell;
  state.isPinned = isPinned;
  const { grid } = places.get(cell);
  grid.cells.flat().forEach((other) => (other.tabIndex = other === cell ? 0 : -1));
  cell.setAttribute("aria-selected", String(isPinned));
  uncover(cell);
  cell.focus({ preventScroll: true });
  update();
  keepClear();
  cell.scrollIntoView({ block: "nearest", inline: "nearest" });
}

/** Walk from the chosen cell to a cell that it is calculated from. */
function walkTo(source) {
  const next = nearest(source, state.chosen);
  if (!next) return;
  state.trail.push(state.chosen);
  choose(next);
}

/** Go back to the cell from which the last walk began; without one, unpin the cell. */
function walkBack() {
  const last = state.trail.pop();
  if (last) choose(last);
  else if (state.chosen) choose(state.chosen);
}

// ---- What the page shows of the state ---------------------------------------------------------

const panel = find(".panel");
const output = find("output", panel);
const hint = output.textContent;
const sourceList = find("[data-sources]", panel);
const backButton = find("[data-back]", panel);

function update() {
  const cell = (!state.isPinned && state.pointed) || state.chosen;
  light(cell);
  say(cell);
  backButton.hidden = state.trail.length === 0;
  remember();
}

/** Mark the cell, its row and column, and the cells that it is calculated from. */
function light(cell) {
  findAll(".lit, .current").forEach((lit) => lit.classList.remove("lit", "current"));
  if (!cell) return;
  const { grid, column } = places.get(cell);
  cell.classList.add("current");
  find("th", cell.parentElement).classList.add("current");
  findAll("thead th:not(.gap)", grid.table)[column].classList.add("current");
  sourcesOf(cell).flatMap(cellsOf).forEach((source) => source.classList.add("lit"));
}

/** Write the arithmetic of a cell into the panel, and a button for each of its sources. */
function say(cell) {
  const line = cell ? (hidden.has(cell) ? hintOf(cell) : lineOf(cell)) : hint;
  if (output.textContent !== line) output.replaceChildren(...inParts(line));
  const sources = cell === state.chosen && cell ? sourcesOf(cell) : [];
  sourceList.replaceChildren(...sources.filter((source) => cellsOf(source).length).map(button));
}

/** Let nothing that scrolls into view stand behind the panel. */
function keepClear() {
  document.documentElement.style.scrollPaddingBottom = `calc(${panel.offsetHeight}px + 1rem)`;
}

/** Split a line before each sign of equality, so that a narrow screen breaks it there. */
function inParts(line) {
  return line.split(/(?= [=≈] )/).map((part) => {
    const span = document.createElement("span");
    span.textContent = part;
    return span;
  });
}

function button(source) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = source[0];
  made.addEventListener("click", () => walkTo(source));
  return made;
}

// ---- The switches -----------------------------------------------------------------------------

const switches = findAll(".controls [name]");
const axes = switches.filter((control) => control.type !== "checkbox");

/** True if the checkbox with this name is checked; null if the page has none. */
const isOn = (name) => switches.find((control) => control.name === name)?.checked ?? null;

/** Show the tables of the chosen head and batch entry; print shows all of them. */
function applySwitches() {
  document.body.classList.toggle("no-heat", isOn("heat") === false);
  findAll("figure").forEach((figure) =>
    figure.classList.toggle("off", axes.some((axis) => isOtherPlace(figure, axis))),
  );
  practise(isOn("practice") === true);
  update();
}

function isOtherPlace(figure, axis) {
  const own = figure.dataset[axis.name];
  return own !== undefined && axis.value !== "all" && axis.value !== own;
}

/** Unfold the step of a cell, and set the switches so that its table is shown. */
function uncover(cell) {
  cell.closest("details")?.setAttribute("open", "");
  const figure = cell.closest("figure");
  if (!figure.classList.contains("off")) return;
  axes
    .filter((axis) => isOtherPlace(figure, axis))
    .forEach((axis) => (axis.value = figure.dataset[axis.name]));
  applySwitches();
}

// ---- Practice: the numbers of the steps are hidden until the learner asks for them ------------

/** The numbers that are hidden, by their cells. */
const hidden = new Map();

function practise(isPractice) {
  if (isPractice === document.body.classList.contains("practice")) return;
  document.body.classList.toggle("practice", isPractice);
  if (isPractice) {
    grids.filter((grid) => !grid.isGiven).flatMap((grid) => grid.cells.flat()).forEach(hide);
  } else {
    [...hidden.keys()].forEach(reveal);
  }
}

/** Put a question mark, as wide as the number, in the place of the number. */
function hide(cell) {
  hidden.set(cell, cell.textContent);
  cell.textContent = "?".padStart(cell.textContent.length);
  cell.classList.add("hidden");
}

function reveal(cell) {
  cell.textContent = hidden.get(cell);
  cell.classList.remove("hidden");
  hidden.delete(cell);
}

function hintOf(cell) {
  return `${places.get(cell).name} is hidden. Click it, or press Space, to show it.`;
}

// ---- The address: a link opens the page in the same state -------------------------------------

/** Write the state behind the `#` of the address: `weights[2,1,head=1]&head=1&pinned`. */
function remember() {
  const parts = [
    state.chosen && places.get(state.chosen).name,
    ...axes.filter((axis) => axis.value !== "all").map((axis) => `${axis.name}=${axis.value}`),
    state.isPinned && "pinned",
    isOn("practice") && "practice",
    isOn("heat") === false && "no-heat",
  ];
  const address = parts.filter(Boolean).join("&");
  if (address !== readAddress()) history.replaceState(null, "", `#${address}`);
}

/** Take the state from the address. The name of a step is left to the browser, which goes there. */
function recall() {
  const [name, ...parts] = readAddress().split("&");
  const cell = cells.get(name);
  const words = new Set(cell ? parts : [name, ...parts]);
  if (!cell && document.getElementById(name)) return say(state.chosen);
  for (const control of switches) {
    if (control.name === "practice") control.checked = words.has("practice");
    else if (control.name === "heat") control.checked = !words.has("no-heat");
    else control.value = placeIn(words, control) ?? "all";
  }
  applySwitches();
  if (cell) choose(cell, words.has("pinned"));
}

function readAddress() {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return ""; // the page has not written this address
  }
}

/** The place that the address gives along an axis, if there is one. */
function placeIn(words, axis) {
  const places = [...axis.options].map((option) => option.value);
  return places.find((place) => words.has(`${axis.name}=${place}`));
}

// ---- Keys and pointer -------------------------------------------------------------------------

/** Where each key leads from a row and a column of a table with this last row and column. */
const MOVES = {
  ArrowUp: ({ row, column }) => [row - 1, column],
  ArrowDown: ({ row, column }) => [row + 1, column],
  ArrowLeft: ({ row, column }) => [row, column - 1],
  ArrowRight: ({ row, column }) => [row, column + 1],
  Home: ({ row }, last, isFar) => [isFar ? 0 : row, 0],
  End: ({ row }, last, isFar) => [isFar ? last.row : row, last.column],
};

function move(cell, key, isFar) {
  const place = places.get(cell);
  const lines = place.grid.cells;
  const last = { row: lines.length - 1, column: lines[0].length - 1 };
  const [row, column] = MOVES[key](place, last, isFar);
  const next = lines[row]?.[column];
  if (next) choose(next);
}

function onKey(event) {
  const cell = event.target;
  if (!places.has(cell) || event.altKey || event.metaKey) return;
  if (event.key in MOVES) move(cell, event.key, event.ctrlKey);
  else if (event.key === "Enter") sourcesOf(cell).slice(0, 1).forEach(walkTo);
  else if (event.key === "Escape") walkBack();
  else if (event.key === " ") press(cell);
  else return;
  event.preventDefault();
}

/** Show the number of a hidden cell; pin any other cell, or unpin it. */
function press(cell) {
  const wasHidden = hidden.has(cell);
  if (wasHidden) reveal(cell);
  const isPinned = wasHidden || !(state.isPinned && cell === state.chosen);
  choose(cell, isPinned);
}

function onClick(event) {
  const cell = event.target.closest("td");
  if (!places.has(cell)) return;
  state.trail = [];
  press(cell);
}

function onFocus(event) {
  if (places.has(event.target) && event.target !== state.chosen) choose(event.target);
}

function onPointer(event) {
  const cell = event.target.closest?.("td");
  const pointed = event.pointerType === "mouse" && places.has(cell) ? cell : null;
  if (pointed === state.pointed) return;
  state.pointed = pointed;
  update();
}

function start() {
  grids.forEach(makeGrid);
  makeScrollable();
  findAll(".controls, .panel").forEach((part) => (part.hidden = false));
  keepClear();
  document.addEventListener("keydown", onKey);
  document.addEventListener("click", onClick);
  document.addEventListener("focusin", onFocus);
  document.addEventListener("pointerover", onPointer);
  find(".controls").addEventListener("change", applySwitches);
  backButton.addEventListener("click", walkBack);
  window.addEventListener("hashchange", recall);
  recall();
}

start();
