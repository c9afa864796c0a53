// Keeps every element with data-job live: its fields, its progress bar, the window's title, and what comes afterwards.
// One stream serves all jobs of a page, and pages that nobody looks at ask now and then instead: browsers open six
// connections to a server at most, all tabs together.
const ENDED = new Set(["succeeded", "failed", "cancelled"]);
const FIELDS = ["message", "count", "rate", "remaining", "accuracy", "state"];
const HIDDEN_PERIOD_MS = 3000;
const title = document.title;

const places = new Map();
for (const place of document.querySelectorAll("[data-job]")) {
  if (!ENDED.has(place.dataset.state)) places.set(place.dataset.job, [...(places.get(place.dataset.job) ?? []), place]);
}

let source = null;
let timer = 0;
if (places.size) {
  follow();
  document.addEventListener("visibilitychange", follow);
  // An open stream would keep the page from being kept for "back"; a page that comes back from there is old.
  addEventListener("pagehide", stop);
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
}

function follow() {
  stop();
  if (!places.size) return;
  if (document.hidden) {
    timer = setInterval(ask, HIDDEN_PERIOD_MS);
    return;
  }
  const ids = [...places.keys()].map((id) => `id=${encodeURIComponent(id)}`);
  source = new EventSource(`/jobs/events?${ids.join("&")}`);
  // After a break the browser connects again by itself, and is told the present state first.
  source.addEventListener("progress", (event) => tell(JSON.parse(event.data)));
}

function stop() {
  source?.close();
  source = null;
  clearInterval(timer);
}

async function ask() {
  for (const id of places.keys()) {
    try {
      const answer = await fetch(`/jobs/${encodeURIComponent(id)}.json`);
      if (!answer.ok) continue;
      const { job, shown } = await answer.json();
      tell({ ...job, shown });
    } catch {
      return; // the server is away; the next time may be better
    }
  }
}

function tell(job) {
  for (const place of places.get(job.id) ?? []) show(place, job.shown);
  document.dispatchEvent(new CustomEvent("job", { detail: job }));
  if (!ENDED.has(job.state)) return;
  const ended = places.get(job.id) ?? [];
  places.delete(job.id);
  if (!places.size) stop();
  for (const place of ended) leave(place, job);
}

function show(place, shown) {
  for (const name of FIELDS) write(place.querySelector(`[data-field="${name}"]`), shown[name]);
  place.dataset.state = shown.state;
  const id = CSS.escape(shown.id);
  const badges = document.querySelectorAll(`[data-job-state="${id}"], [data-job="${id}"] [data-field="state"]`);
  for (const badge of badges) {
    badge.className = `badge ${shown.badge}`;
    write(badge, shown.state);
  }
  for (const other of document.querySelectorAll(`[data-job-took="${id}"]`)) write(other, shown.took);
  for (const cancel of document.querySelectorAll(`form[data-cancel="${id}"]`)) {
    cancel.hidden = !shown.cancellable;
  }
  showBar(place.querySelector("progress"), shown);
  for (const stage of shown.stages) {
    const item = document.querySelector(`[data-job-stages="${id}"] [data-stage="${stage.key}"]`);
    if (item) item.dataset.is = stage.state;
  }
  if (places.size === 1 && shown.total) document.title = `${Math.floor((100 * shown.done) / shown.total)} % · ${title}`;
}

function write(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

function showBar(bar, shown) {
  if (!bar) return;
  if (shown.total !== null) {
    bar.max = shown.total;
    bar.value = shown.done;
  } else {
    bar.removeAttribute("value");
  }
}

// Several jobs of one page may end together; the page is loaded once. Data-stay leaves it as it is.
let leaving = false;
function leave(place, job) {
  if (leaving || place.hasAttribute("data-stay")) return;
  leaving = true;
  const goal = job.state === "succeeded" ? place.dataset.then : "";
  setTimeout(() => { goal ? location.assign(goal) : location.reload(); }, 300);
}
