"""The probes look at something: every table holds rows of both organisations, every text says whose it is."""

from polyclinic.testing.snapshots import Observer


def test_every_table_holds_rows_of_both_organisations(populated_live):
    observer = Observer(populated_live.database)
    try:
        found = observer.all_contents()
        tables = set(observer.tables)
    finally:
        observer.close()

    assert {populated_live.world.id, populated_live.other_world.id} == set(found)
    assert [tables - set(contents) for contents in found.values()] == [set(), set()]
