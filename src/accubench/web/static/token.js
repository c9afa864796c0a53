// The cookie is not sent when a link on another site leads here, but it is when this page itself asks:
// who has been let in before goes on without seeing the form for long.
const goal = document.querySelector("input[name=next]").value;
const answer = await fetch(goal, { method: "HEAD", headers: { Accept: "text/html" } });
if (answer.status !== 401) location.replace(goal);
