"""End together with the process that started us, even when that one is killed."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

END_WITH_PARENT = "POLYCLINIC_END_WITH_PARENT"
_SET_PARENT_DEATH_SIGNAL = 1


def end_with_parent() -> None:
    """Ask Linux for SIGTERM when the parent dies, if it put its process id into POLYCLINIC_END_WITH_PARENT."""
    parent = os.environ.pop(END_WITH_PARENT, "")
    if not parent or not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGTERM)
    if os.getppid() != int(parent):  # it died before the call above
        sys.exit(0)
