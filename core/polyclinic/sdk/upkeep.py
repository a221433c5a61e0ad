"""What a plugin tells administrators about its state, and what it adds to a demo."""

from polyclinic.plugins.demo_steps import DemoChain, DemoStep
from polyclinic.plugins.health import HealthReport

__all__ = ["DemoChain", "DemoStep", "HealthReport"]
