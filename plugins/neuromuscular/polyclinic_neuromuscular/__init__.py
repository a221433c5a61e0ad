"""Neuromuscular therapy for Polyclinic: trigger-point protocol, catalogue and safety rules."""
