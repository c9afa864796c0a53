// Uploads with drag and drop, a list of what was chosen, and progress. Without this script the forms work as forms do.
const units = [["GB", 1e9], ["MB", 1e6], ["kB", 1e3]];

function sizeText(bytes) {
  const [name, size] = units.find(([, size]) => bytes >= size) ?? ["B", 1];
  return `${name === "B" ? bytes : (bytes / size).toFixed(1)} ${name}`;
}

for (const form of document.querySelectorAll("form[data-upload]")) prepare(form);

function prepare(form) {
  const zone = form.querySelector("[data-drop]");
  const input = zone.querySelector('input[type="file"]');
  let depth = 0;
  zone.addEventListener("dragenter", (event) => { event.preventDefault(); depth += 1; zone.classList.add("over"); });
  zone.addEventListener("dragover", (event) => { event.preventDefault(); event.dataTransfer.dropEffect = "copy"; });
  zone.addEventListener("dragleave", () => { depth -= 1; if (depth <= 0) zone.classList.remove("over"); });
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    depth = 0;
    zone.classList.remove("over");
    input.files = together(input, event.dataTransfer.files);
    show(zone, input);
  });
  input.addEventListener("change", () => show(zone, input));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(form, zone, input);
  });
  show(zone, input);
}

// Files that are dropped one after the other belong together; a later one of the same name replaces the earlier.
function together(input, added) {
  const all = new Map();
  for (const file of [...(input.multiple ? input.files : []), ...added]) all.set(file.name, file);
  const transfer = new DataTransfer();
  for (const file of all.values()) transfer.items.add(file);
  return transfer.files;
}

function show(zone, input) {
  const list = zone.querySelector("[data-chosen]");
  const files = [...input.files];
  list.hidden = files.length === 0;
  list.replaceChildren(...files.slice(0, 12).map((file) => row(file.name, sizeText(file.size))));
  if (files.length > 12) list.append(row(`and ${files.length - 12} more`, ""));
}

function row(name, size) {
  const item = document.createElement("li");
  for (const text of [name, size]) {
    const part = document.createElement("span");
    part.textContent = text;
    item.append(part);
  }
  return item;
}

function send(form, zone, input) {
  const total = [...input.files].reduce((sum, file) => sum + file.size, 0);
  const limit = Number(zone.dataset.limit);
  if (total > limit) {
    complain(form, `These files have ${sizeText(total)}; at most ${sizeText(limit)} can be uploaded at once. Import larger files from a path on the server.`);
    return;
  }
  const place = form.querySelector("[data-upload-progress]");
  const bar = place.querySelector("progress");
  const status = place.querySelector('[role="status"]');
  const button = form.querySelector("button:not([type='button'])");
  const request = new XMLHttpRequest();
  const begun = performance.now();
  const again = () => { button.disabled = false; place.hidden = true; };
  complain(form, "");
  button.disabled = true;
  place.hidden = false;
  request.upload.addEventListener("progress", (event) => {
    if (!event.lengthComputable) return;
    bar.value = event.loaded / event.total;
    const rate = event.loaded / Math.max(0.001, (performance.now() - begun) / 1000);
    status.textContent = event.loaded < event.total
      ? `${sizeText(event.loaded)} of ${sizeText(event.total)}, ${sizeText(Math.round(rate))}/s`
      : "Everything is there; the import is being queued.";
  });
  request.addEventListener("load", () => {
    const answer = parse(request.responseText);
    if (request.status === 201 && answer.address) {
      location.assign(answer.address);
      return;
    }
    again();
    const detail = typeof answer.detail === "string" ? answer.detail : "";
    complain(form, detail || `The server answered ${request.status}. Try again.`);
  });
  request.addEventListener("error", () => {
    again();
    complain(form, "The connection broke off. Nothing was kept; try again.");
  });
  request.open("POST", form.action);
  request.setRequestHeader("Accept", "application/json");
  request.send(new FormData(form));
}

function parse(text) {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}

function complain(form, message) {
  form.querySelector(".notice")?.remove();
  if (!message) return;
  const notice = document.createElement("div");
  notice.className = "notice wrong";
  notice.setAttribute("role", "alert");
  for (const line of message.split("\n")) {
    const paragraph = document.createElement("p");
    paragraph.textContent = line;
    notice.append(paragraph);
  }
  form.querySelector("h3").after(notice);
}
