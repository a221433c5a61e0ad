"""Pages of a list, for queries: keyset paging, without the web."""

from polyclinic.kit.pagination import Page, PageRequest, decode_cursor, page_of

__all__ = ["Page", "PageRequest", "decode_cursor", "page_of"]
