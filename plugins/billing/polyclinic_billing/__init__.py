"""Prices, invoices, payments, packages and the day close of each clinic."""
