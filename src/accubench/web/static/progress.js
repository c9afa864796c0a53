// Keeps every element with data-job live: its fields, its progress bar, the window's title, and what comes afterwards.
const ENDED = new Set(["succeeded", "failed", "cancelled"]);
const FIELDS = ["message", "count", "rate", "remaining", "accuracy", "state"];
const title = document.title;

for (const place of document.querySelectorAll("[data-job]")) {
  if (!ENDED.has(place.dataset.state)) follow(place);
}

function follow(place) {
  const source = new EventSource(`/jobs/${encodeURIComponent(place.dataset.job)}/events`);
  // The browser connects again by itself after a break; it gives up only where the server refuses.
  source.addEventListener("progress", (event) => {
    const job = JSON.parse(event.data);
    show(place, job.shown);
    document.dispatchEvent(new CustomEvent("job", { detail: job }));
    if (!ENDED.has(job.state)) return;
    source.close();
    leave(place, job);
  });
  // A stream that stays open would keep the page from being kept for "back".
  addEventListener("pagehide", () => source.close());
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
}

function show(place, shown) {
  for (const name of FIELDS) {
    const field = place.querySelector(`[data-field="${name}"]`);
    if (field && field.textContent !== shown[name]) field.textContent = shown[name];
  }
  place.dataset.state = shown.state;
  const badge = place.querySelector('[data-field="state"]');
  if (badge) badge.className = `badge ${shown.badge}`;
  for (const other of document.querySelectorAll(`[data-job-state="${CSS.escape(shown.id)}"]`)) {
    other.className = `badge ${shown.badge}`;
    other.textContent = shown.state;
  }
  const cancel = place.querySelector("[data-cancel]");
  if (cancel) cancel.hidden = !shown.cancellable;
  showBar(place.querySelector("progress"), shown);
  for (const stage of shown.stages) {
    const item = document.querySelector(`[data-job-stages="${CSS.escape(shown.id)}"] [data-stage="${stage.key}"]`);
    if (item) item.dataset.is = stage.state;
  }
  if (place.hasAttribute("data-in-title") && shown.total) {
    document.title = `${Math.floor((100 * shown.done) / shown.total)} % · ${title}`;
  }
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
