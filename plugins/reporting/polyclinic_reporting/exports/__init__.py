"""Reports as files: CSV, XLSX and JSON."""
