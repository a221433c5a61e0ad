"""Services on offer, appointments, reserved time and the calendar."""
