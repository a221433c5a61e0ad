"""What therapists write about a visit: treatment records, measurements and the body chart."""
