"""Invoices, receipts and credit notes on paper."""
