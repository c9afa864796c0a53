"""A page that forgives nothing: what went wrong in it while nobody looked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Watch:
    """What went wrong in a page while nobody looked."""

    address: str
    problems: list[str] = field(default_factory=list)

    def follow(self, page: Any) -> None:
        """Note everything that a good page never does: console messages, errors, failures, requests to elsewhere."""
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        page.on("request", lambda request: self._request(request.url))
        page.on("response", lambda response: self._response(response.status, response.url))

    def forgive(self, text: str) -> None:
        """Drop problems that a test provoked; each must have happened."""
        kept = [problem for problem in self.problems if text not in problem]
        assert len(kept) < len(self.problems), f"nothing with {text!r} happened, but {self.problems}"
        self.problems[:] = kept

    def _console(self, message: Any) -> None:
        if message.type in {"error", "warning"}:
            self.problems.append(f"console: {message.text} ({message.location.get('url')})")

    def _request(self, url: str) -> None:
        if not url.startswith((self.address, "data:", "blob:")):
            self.problems.append(f"request to {url}")

    def _response(self, status: int, url: str) -> None:
        if status >= 500:
            self.problems.append(f"{status} from {url}")
