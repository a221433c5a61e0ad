"""The body chart: its regions tile the body, can be found by a mark, and can be walked with the arrow keys."""

import subprocess
import sys
from pathlib import Path

import pytest

from polyclinic.records.bodychart.chart import (
    BodyChart,
    ChartView,
    UnknownChartVersionError,
    UnknownRegionError,
    UnknownViewError,
    load_body_chart,
    to_mark,
    to_svg,
)
from polyclinic.records.bodychart.outline import Ring, encloses
from polyclinic.records.bodychart.vocabulary import Side, Zone

GENERATOR = Path(__file__).parents[2] / "core" / "frontend" / "bodychart" / "generate.py"
DATA = Path(__file__).parents[2] / "core" / "polyclinic" / "records" / "bodychart" / "chart_v1.json"

KNOWN_IDS = (Path(__file__).parent / "body_region_ids.txt").read_text(encoding="utf-8").split()
CONSENT_BASES = {
    "abdomen_lower",
    "breast",
    "buttock",
    "chest_upper",
    "coccyx",
    "gluteal_fold",
    "groin",
    "perineum",
    "thigh_inner",
}
ENDANGERED_BASES = {
    "abdomen_lower",
    "abdomen_upper",
    "axilla",
    "elbow_front",
    "elbow_medial",
    "epigastrium",
    "flank",
    "groin",
    "knee_back",
    "neck_front",
    "neck_side",
    "throat",
    "upper_arm_inner",
    "wrist_front",
}


@pytest.fixture(scope="module")
def chart() -> BodyChart:
    return load_body_chart()


@pytest.fixture(scope="module", params=["front", "back"])
def view(request: pytest.FixtureRequest, chart: BodyChart) -> ChartView:
    return chart.view(request.param)


def test_version_one_is_the_default_and_is_read_once() -> None:
    assert load_body_chart().version == 1
    assert load_body_chart(1) is load_body_chart(1)


@pytest.mark.parametrize("version", [0, 2, -1])
def test_unknown_version_is_a_lookup_error(version: int) -> None:
    with pytest.raises(UnknownChartVersionError) as refusal:
        load_body_chart(version)

    assert isinstance(refusal.value, LookupError)


def test_data_stays_small_enough_to_send() -> None:
    assert DATA.stat().st_size <= 200_000


def test_every_id_is_a_known_region_and_every_known_region_is_drawn(chart: BodyChart) -> None:
    drawn = {region.id for view in chart.views for region in view.regions}

    assert sorted(drawn) == KNOWN_IDS


def test_each_view_draws_each_region_once(chart: BodyChart) -> None:
    ids = {view.name: [region.id for region in view.regions] for view in chart.views}

    assert {name: len(found) for name, found in ids.items()} == {"front": 128, "back": 108}
    assert all(found == sorted(set(found)) for found in ids.values())


def test_consent_and_endangerment_flags_follow_the_domain_list(chart: BodyChart) -> None:
    regions = [region for view in chart.views for region in view.regions]

    assert {region.base for region in regions if region.sensitive_consent} == CONSENT_BASES
    assert {region.base for region in regions if region.endangerment_site} == ENDANGERED_BASES


def test_front_shows_the_right_of_the_client_on_the_left_of_the_screen(chart: BodyChart) -> None:
    seen = {(view.name, side): _side_of_screen(view, side) for view in chart.views for side in (Side.LEFT, Side.RIGHT)}

    assert seen == {
        ("front", Side.LEFT): {"screen right"},
        ("front", Side.RIGHT): {"screen left"},
        ("back", Side.LEFT): {"screen left"},
        ("back", Side.RIGHT): {"screen right"},
    }


def _side_of_screen(view: ChartView, side: Side) -> set[str]:
    return {
        "screen left" if region.anchor[0] < 500 else "screen right" for region in view.regions if region.side is side
    }


def test_regions_cover_the_silhouette_without_overlap(view: ChartView) -> None:
    body = _area(view.rings)
    parts = sum(_area(region.rings) for region in view.regions)

    assert 0.99 <= parts / body <= 1.001


def test_no_place_belongs_to_two_regions(view: ChartView) -> None:
    places = [(x + 0.3, y + 0.3) for x in range(0, view.width, 10) for y in range(0, view.height, 14)]

    boxes = [(region, _box(region.rings)) for region in view.regions]
    owners = [
        [region.id for region, box in boxes if _is_within(box, *place) and encloses(region.rings, *place)]
        for place in places
    ]

    assert [found for found in owners if len(found) > 1] == []
    assert len([found for found in owners if found]) > 1_000


def _box(rings: tuple[Ring, ...]) -> tuple[float, float, float, float]:
    xs, ys = zip(*(point for ring in rings for point in ring), strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def _is_within(box: tuple[float, float, float, float], x: float, y: float) -> bool:
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]


def _area(rings: tuple[Ring, ...]) -> float:
    return sum(
        abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in zip(ring, (*ring[1:], ring[0]), strict=True))) / 2
        for ring in rings
    )


def test_every_anchor_resolves_to_its_own_region(chart: BodyChart, view: ChartView) -> None:
    found = {region.id: chart.region_at(view.name, *region.anchor) for region in view.regions}

    assert {region_id: region and region.id for region_id, region in found.items()} == {i: i for i in found}


def test_left_and_right_are_mirror_images(view: ChartView) -> None:
    regions = {region.id: region for region in view.regions}
    pairs = [(region, regions[f"{region.base}-right"]) for region in regions.values() if region.side is Side.LEFT]

    for left, right in pairs:
        mirrored = {(round(view.width - x, 1), y) for ring in left.rings for x, y in ring}
        assert {place for ring in right.rings for place in ring} == mirrored
        assert abs(left.anchor[0] + right.anchor[0] - 1000) <= 1
        assert (left.anchor[1], left.zone) == (right.anchor[1], right.zone)


def test_midline_regions_are_symmetric(view: ChartView) -> None:
    for region in (region for region in view.regions if region.side is Side.MIDLINE):
        places = {place for ring in region.rings for place in ring}
        assert places == {(round(view.width - x, 1), y) for x, y in places}
        assert region.anchor[0] == 500


def test_neighbours_are_mutual_sorted_and_in_the_same_view(view: ChartView) -> None:
    regions = {region.id: region for region in view.regions}

    for region in view.regions:
        assert region.neighbours == tuple(sorted(set(region.neighbours) - {region.id}))
        assert all(region.id in regions[other].neighbours for other in region.neighbours)
        assert region.neighbours != ()


def test_each_arrow_moves_the_way_it_points(view: ChartView) -> None:
    anchors = {region.id: region.anchor for region in view.regions}

    for region in view.regions:
        x, y = region.anchor
        moves = region.moves
        assert moves.left is None or anchors[moves.left][0] < x
        assert moves.right is None or anchors[moves.right][0] > x
        assert moves.up is None or anchors[moves.up][1] < y
        assert moves.down is None or anchors[moves.down][1] > y


@pytest.mark.parametrize("start", ["vertex", "thumb-left", "ankle_inner-right"])
def test_arrow_keys_alone_reach_every_region(view: ChartView, start: str) -> None:
    regions = {region.id: region for region in view.regions}
    seen, front = {start}, [start]

    while front:
        moves = regions[front.pop()].moves
        targets = {moves.left, moves.right, moves.up, moves.down} - seen - {None}
        seen.update(target for target in targets if target)
        front.extend(target for target in targets if target)

    assert seen == set(regions)


def test_every_zone_has_a_box_that_holds_its_regions(view: ChartView) -> None:
    assert {box.zone for box in view.zones} == set(Zone)
    for region in view.regions:
        boxes = [box for box in view.zones if box.zone is region.zone and box.side in {"both", region.side}]
        assert len(boxes) == 1
        assert all(
            boxes[0].x <= x <= boxes[0].x + boxes[0].width and boxes[0].y <= y <= boxes[0].y + boxes[0].height
            for ring in region.rings
            for x, y in ring
        )


def test_a_mark_is_scaled_to_the_width_of_its_view(chart: BodyChart) -> None:
    front = chart.view("front")

    assert (front.width, front.height, front.view_box) == (440, 1000, "0 0 440 1000")
    assert to_svg(front, 0, 0) == (0.0, 0.0)
    assert to_svg(front, 500, 250) == (220.0, 250.0)
    assert to_svg(front, 1000, 1000) == (440.0, 1000.0)
    assert to_mark(front, *to_svg(front, 123, 456)) == (123, 456)


@pytest.mark.parametrize(
    ("view_name", "x", "y", "region_id"),
    [
        ("front", 500, 20, "vertex"),
        ("front", 500, 250, "sternum"),
        ("front", 620, 720, "knee_front-left"),
        ("back", 500, 450, "sacrum"),
        ("back", 330, 230, "scapula-left"),
        ("back", 620, 480, "buttock-right"),
        ("front", 20, 20, None),
        ("front", 500, 900, None),
    ],
)
def test_a_mark_finds_the_region_under_it(
    chart: BodyChart, view_name: str, x: int, y: int, region_id: str | None
) -> None:
    region = chart.region_at(view_name, x, y)

    assert (region and region.id) == region_id


@pytest.mark.parametrize(
    ("x", "y", "is_on_chart"),
    [(500, 300, True), (500, 0, True), (20, 20, False), (500, 900, False), (-1, 300, False), (500, 1001, False)],
)
def test_a_mark_beside_the_body_is_refused_beyond_a_small_tolerance(
    chart: BodyChart, x: int, y: int, *, is_on_chart: bool
) -> None:
    assert chart.contains("front", x, y) is is_on_chart


def test_a_region_shown_twice_is_found_in_the_view_asked_for(chart: BodyChart) -> None:
    found = [chart.region("thumb-left"), chart.region("thumb-left", "back"), chart.region("heel-left")]

    assert [(region.id, region.view) for region in found] == [
        ("thumb-left", "front"),
        ("thumb-left", "back"),
        ("heel-left", "back"),
    ]


def test_unknown_regions_and_views_are_lookup_errors(chart: BodyChart) -> None:
    with pytest.raises(UnknownRegionError):
        chart.region("tail-left")
    with pytest.raises(UnknownRegionError):
        chart.region("heel-left", "front")
    with pytest.raises(UnknownViewError):
        chart.region_at("above", 500, 500)
    assert issubclass(UnknownRegionError, LookupError)
    assert issubclass(UnknownViewError, LookupError)


def test_committed_data_is_what_the_generator_writes() -> None:
    run = subprocess.run([sys.executable, str(GENERATOR), "--check"], capture_output=True, text=True, check=False)

    assert (run.returncode, run.stderr) == (0, "")
