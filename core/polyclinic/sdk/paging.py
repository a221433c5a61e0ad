"""Pages of a list, for queries: keyset paging, without the web."""

from polyclinic.kit.pagination import Page, PageRequest, page_of

__all__ = ["Page", "PageRequest", "page_of"]
