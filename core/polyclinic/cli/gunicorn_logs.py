"""gunicorn's log as structured events; the access log names the path without its query string."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import structlog
from gunicorn.glogging import Logger

_access = structlog.get_logger("polyclinic.access")


class StructuredLogger(Logger):  # type: ignore[misc]
    """Hands everything to the process's own log set-up."""

    def setup(self, cfg: Any) -> None:
        """Use the handlers of the root logger in place of gunicorn's own."""
        super().setup(cfg)
        for log in (self.error_log, self.access_log):
            log.handlers = []
            log.propagate = True

    def access(self, resp: Any, req: Any, environ: dict[str, Any], request_time: timedelta) -> None:  # noqa: ARG002
        """Write one event for one request; query strings can hold what people typed into a search field."""
        if not self.access_log_enabled:
            return
        headers = {name.lower(): value for name, value in resp.headers}
        _access.info(
            "request",
            method=environ.get("REQUEST_METHOD"),
            path=environ.get("PATH_INFO"),
            status=resp.status_code,
            bytes=getattr(resp, "sent", None),
            ms=round(request_time.total_seconds() * 1000, 1),
            ip=environ.get("REMOTE_ADDR"),
            request_id=headers.get("x-request-id"),
        )
