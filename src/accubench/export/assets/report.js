// The image table: sorting, filtering and paging of the rows that the page carries with it.
// The whole state of the view lives in the fragment of the address, so a view can be reloaded, bookmarked and sent.

const PAGE_ROWS = 50;
const OPERATORS = {
  has: ["has", "contains"], eq: ["=", "equal to"], ne: ["≠", "not equal to"], lt: ["<", "less than"],
  le: ["≤", "at most"], gt: [">", "greater than"], ge: ["≥", "at least"], in: ["in", "from..to"],
};

const data = JSON.parse(document.getElementById("data").textContent);
const table = document.getElementById("image-table");
const titles = [...table.querySelectorAll("thead th[data-key]")];
const kinds = Object.fromEntries(titles.map((title) => [title.dataset.key, title.dataset.kind]));
const tied = new Set(data.tied ?? []);
// What a box limits the table to is either worked out below or listed row by row.
const listed = Object.fromEntries(Object.entries(data.shows ?? {}).map(([name, rows]) => [name, new Set(rows)]));
const boxes = Object.fromEntries([...document.querySelectorAll("input[data-show]")].map((box) => [box.dataset.show, box]));
const everyRow = Array.from({ length: data.rows }, (_, row) => row);
let state = { filters: {}, sort: "", page: 1, show: [] };
let sorted = { by: "", rows: everyRow };

// --- what a row is ----------------------------------------------------------------------------------------

const isFailed = (row) => row in data.failures;
const isErroneous = (row) => {
  const { predicted_class: predicted, annotated_class: annotated } = data.columns;
  return annotated !== undefined && predicted[row] !== null && annotated[row] !== null && predicted[row] !== annotated[row];
};
const resultOf = (row) => {
  if (isFailed(row)) return `failed: ${data.failures[row]}`;
  if (data.results) return data.results[row];
  if (!data.annotated || data.columns.annotated_class[row] === null) return "evaluated";
  return isErroneous(row) ? "wrong" : "right";
};
// Models that are compared may number the same classes differently.
const nameOf = (key, id) => (data.own_names?.[key] ?? data.names)[id] ?? `class ${id}`;
const valueOf = (key, row) => (key === "result" ? resultOf(row) : data.columns[key][row]);

// --- filtering and sorting --------------------------------------------------------------------------------

const compare = {
  eq: (a, b) => a === b, ne: (a, b) => a !== b, lt: (a, b) => a < b, le: (a, b) => a <= b, gt: (a, b) => a > b, ge: (a, b) => a >= b,
};

// A test of one value, or null where nothing is asked for; a missing value passes no test.
function condition(key, { operator, value }) {
  const text = value.trim();
  if (text === "") return null;
  const kind = kinds[key];
  const textual = kind === "text" || kind === "result";
  if (operator === "has") {
    const part = text.toLowerCase();
    const written = kind === "class" ? (each) => nameOf(key, each) : String;
    return (each) => written(each).toLowerCase().includes(part);
  }
  if (operator === "in") {
    const [low, high] = text.split("..").map((bound) => bound.trim());
    const open = high?.startsWith("<") ?? false;
    const last = open ? high.slice(1).trim() : high;
    if (textual) return (each) => each >= low && (open ? each < last : each <= last);
    return (each) => each >= Number(low) && (open ? each < Number(last) : each <= Number(last));
  }
  const test = compare[operator];
  if (textual) return (each) => test(each, value);
  // A class is meant by its id where a whole number is given, otherwise by its name.
  if (kind === "class" && !/^-?\d+$/.test(text)) return (each) => test(nameOf(key, each), text);
  return (each) => test(each, Number(text));
}

function selectedRows() {
  if (sorted.by !== state.sort) sorted = { by: state.sort, rows: sortedRows(state.sort) };
  const conditions = Object.entries(state.filters)
    .map(([key, filter]) => [key, condition(key, filter)])
    .filter(([, test]) => test !== null);
  const wanted = { erroneous: isErroneous, failed: isFailed };
  const shown = state.show.map((name) => (listed[name] ? (row) => listed[name].has(row) : wanted[name]));
  return sorted.rows.filter(
    (row) =>
      (shown.length === 0 || shown.some((isWanted) => isWanted(row))) &&
      conditions.every(([key, test]) => {
        const value = valueOf(key, row);
        return value !== null && test(value);
      }),
  );
}

// Missing values come last in both directions; rows that are equal stay in the order of the dataset.
function sortedRows(sort) {
  if (sort === "") return everyRow;
  const key = sort.replace(/^-/, "");
  const sign = sort.startsWith("-") ? -1 : 1;
  const values = everyRow.map((row) => {
    const value = valueOf(key, row);
    return value !== null && kinds[key] === "class" ? nameOf(key, value).toLowerCase() : value;
  });
  return [...everyRow].sort((a, b) => {
    const [left, right] = [values[a], values[b]];
    if (left === null || right === null) return (left === null) - (right === null) || a - b;
    return sign * ((left > right) - (left < right)) || a - b;
  });
}

// --- the address ------------------------------------------------------------------------------------------

function readAddress() {
  const asked = new URLSearchParams(location.hash.slice(1));
  const filters = {};
  for (const key of Object.keys(kinds)) {
    const [, operator, value] = /^(\w+):(.*)$/s.exec(asked.get(key) ?? "") ?? [];
    if (operator in OPERATORS) filters[key] = { operator, value };
  }
  const sort = asked.get("sort") ?? "";
  state = {
    filters,
    sort: sort.replace(/^-/, "") in kinds ? sort : "",
    page: Math.max(1, Number.parseInt(asked.get("page") ?? "1", 10) || 1),
    show: (asked.get("show") ?? "").split(",").filter((name) => boxes[name]),
  };
  return asked.get("view") === "images";
}

function writeAddress() {
  const asked = new URLSearchParams({ view: "images" });
  if (state.show.length > 0) asked.set("show", state.show.join(","));
  for (const [key, { operator, value }] of Object.entries(state.filters)) {
    if (value.trim() !== "") asked.set(key, `${operator}:${value}`);
  }
  if (state.sort !== "") asked.set("sort", state.sort);
  if (state.page > 1) asked.set("page", String(state.page));
  history.replaceState(null, "", `#${asked}`);
}

// --- drawing ----------------------------------------------------------------------------------------------

function element(name, className, ...content) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...content);
  return made;
}

// Three digits, and 0 only where it is exactly that.
const distanceText = (value) => (value === 0 ? "0" : String(Number(value.toPrecision(3))));
const confidenceText = (value) => (value < 0.0001 ? "< 0.0001" : value.toFixed(4));
const cells = {
  text: (value) => element("td", "name", value ?? "–"),
  number: (value) => element("td", "number", value === null ? "–" : String(value)),
  class: (value, key) => {
    if (value === null) return element("td", "", "–");
    return element("td", "", nameOf(key, value), " ", element("span", "id", String(value)));
  },
  confidence: (value) => {
    const cell = element("td", "number", value === null ? "–" : confidenceText(value));
    if (value !== null) cell.title = String(value);
    return cell;
  },
  distance: (value) => {
    const cell = element("td", "number", value === null ? "–" : distanceText(value));
    if (value !== null) cell.title = String(value);
    return cell;
  },
};
const MARKS = { right: "✓ ", wrong: "✗ ", broken: "✗ ", fixed: "✓ " };

function resultCell(row) {
  const result = resultOf(row);
  if (isFailed(row)) {
    return element("td", "result failed", "! failed", element("span", "reason", data.failures[row]));
  }
  const cell = element("td", `result ${result}`, MARKS[result] ?? "", result);
  if (tied.has(row)) {
    const badge = element("span", "tie", "tie");
    badge.title = "Another class has the same score as the predicted one; the lower id was taken.";
    cell.append(badge);
  }
  return cell;
}

function draw() {
  const rows = selectedRows();
  const pages = Math.max(1, Math.ceil(rows.length / PAGE_ROWS));
  state.page = Math.min(state.page, pages);
  const first = (state.page - 1) * PAGE_ROWS;
  const shown = rows.slice(first, first + PAGE_ROWS);
  table.tBodies[0].replaceChildren(
    ...shown.map((row) =>
      element("tr", "", ...titles.map(({ dataset: { key, kind } }) => (kind === "result" ? resultCell(row) : cells[kind](valueOf(key, row), key)))),
    ),
  );
  document.getElementById("nothing").hidden = rows.length > 0;
  const number = (count) => count.toLocaleString("en");
  document.getElementById("count").textContent = `${number(rows.length)} of ${number(data.rows)} images`;
  document.getElementById("where").textContent = rows.length === 0 ? "" : `${number(first + 1)} – ${number(first + shown.length)}`;
  document.getElementById("page").textContent = `Page ${number(state.page)} of ${number(pages)}`;
  document.getElementById("first").disabled = document.getElementById("previous").disabled = state.page === 1;
  document.getElementById("last").disabled = document.getElementById("next").disabled = state.page === pages;
  document.getElementById("last").dataset.page = String(pages);
  for (const title of titles) {
    const { key } = title.dataset;
    title.setAttribute("aria-sort", { [key]: "ascending", [`-${key}`]: "descending" }[state.sort] ?? "none");
  }
}

// Puts the state into the boxes and fields; not done while somebody types in them.
function showControls() {
  for (const [name, box] of Object.entries(boxes)) box.checked = state.show.includes(name);
  for (const [key, field] of Object.entries(fields)) {
    const filter = state.filters[key] ?? { operator: field.usual, value: "" };
    field.select.value = filter.operator;
    field.input.value = filter.value;
    field.box.classList.toggle("active", filter.value.trim() !== "");
  }
}

function change(changes) {
  state = { ...state, page: 1, ...changes };
  draw();
  writeAddress();
}

// --- controls ---------------------------------------------------------------------------------------------

const fields = Object.fromEntries(
  titles.map((title) => {
    const { key, kind } = title.dataset;
    const textual = kind === "text" || kind === "class" || kind === "result";
    const name = title.querySelector("button").textContent.trim();
    const select = element("select", "");
    select.setAttribute("aria-label", `${name}: how to compare`);
    for (const [operator, [sign, meaning]] of Object.entries(OPERATORS)) {
      const option = new Option(sign, operator);
      option.title = meaning;
      option.setAttribute("aria-label", meaning);
      select.append(option);
    }
    const input = element("input", "");
    Object.assign(input, { type: "search", autocomplete: "off", spellcheck: false });
    input.setAttribute("aria-label", `${name}: filter`);
    const box = element("div", kind === "text" || kind === "class" ? "filter" : "filter narrow", select, input);
    const usual = textual ? "has" : kind === "confidence" || kind === "distance" ? "ge" : "eq";
    const update = () => {
      select.title = OPERATORS[select.value][1];
      box.classList.toggle("active", input.value.trim() !== "");
      change({ filters: { ...state.filters, [key]: { operator: select.value, value: input.value } } });
    };
    input.addEventListener("input", update);
    select.addEventListener("change", update);
    table.querySelector(`thead th[data-filter="${key}"]`).append(box);
    return [key, { box, select, input, usual }];
  }),
);

for (const title of titles) {
  title.querySelector("button").addEventListener("click", () => {
    const { key } = title.dataset;
    change({ sort: state.sort === key ? `-${key}` : state.sort === `-${key}` ? "" : key });
  });
}
for (const box of Object.values(boxes)) {
  box.addEventListener("change", () => change({ show: Object.keys(boxes).filter((name) => boxes[name].checked) }));
}
document.getElementById("clear").addEventListener("click", () => {
  change({ filters: {}, sort: "", show: [] });
  showControls();
});
const toPage = (page) => {
  change({ page });
  document.getElementById("images").scrollIntoView();
};
document.getElementById("first").addEventListener("click", () => toPage(1));
document.getElementById("previous").addEventListener("click", () => toPage(state.page - 1));
document.getElementById("next").addEventListener("click", () => toPage(state.page + 1));
document.getElementById("last").addEventListener("click", (event) => toPage(Number(event.currentTarget.dataset.page)));

function followAddress() {
  const toImages = readAddress();
  showControls();
  draw();
  if (toImages) document.getElementById("images").scrollIntoView();
}
window.addEventListener("hashchange", () => {
  // A link to another section leaves the view of the images as it is.
  if (location.hash.includes("=")) followAddress();
});
followAddress();

// --- the class table, which is in the page already ---------------------------------------------------------

for (const sortable of document.querySelectorAll("table.sortable")) {
  const heads = [...sortable.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    head.querySelector("button")?.addEventListener("click", () => {
      const descending = head.getAttribute("aria-sort") === "ascending";
      for (const each of heads) if (each.hasAttribute("aria-sort")) each.setAttribute("aria-sort", "none");
      head.setAttribute("aria-sort", descending ? "descending" : "ascending");
      const sign = descending ? -1 : 1;
      const value = (row) => row.cells[column].dataset.value;
      const numeric = head.classList.contains("number");
      const rows = [...sortable.tBodies[0].rows].map((row) => [numeric ? Number(value(row)) : value(row).toLowerCase(), row]);
      rows.sort(([a], [b]) => sign * ((a > b) - (a < b)));
      sortable.tBodies[0].append(...rows.map(([, row]) => row));
    });
  });
}
