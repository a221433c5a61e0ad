"""A client's file as a whole: merged with another, parted again, erased, exported."""
