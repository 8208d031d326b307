"""The benchmark harness and its corpus."""

import json
import statistics
import subprocess
import sys

import pytest

from bench import corpus, harness
from bench.harness import Cost, Figure

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("figure", "reached"),
    [
        (Figure("a", 0.9, "s", "<= 1.0"), True),
        (Figure("a", 1.1, "s", "<= 1.0"), False),
        (Figure("a", 1200, "documents/s", ">= 1000"), True),
        (Figure("a", 3, "s", ">= 6 x", "Hugo", 21, 7), True),
        (Figure("a", 3, "s", ">= 6 x", "Hugo", 15, 5), False),
        (Figure("a", 3, "s", ">= 6 x"), False),
        (Figure("a", 3, "s"), None),
    ],
)
def test_target_is_judged(figure, reached):
    assert figure.is_reached is reached


def test_unreadable_target_is_refused():
    with pytest.raises(ValueError, match="fast"):
        _ = Figure("a", 1, "s", "fast").is_reached


def test_ratio_above_one_means_better():
    assert harness.faster("a", 2, "peer", 6, unit="s", target=">= 3 x").ratio == 3
    assert harness.higher("a", 6, "peer", 2, unit="/s", target=">= 3 x").ratio == 3


def test_percentiles_are_nearest_ranks():
    assert harness.percentile([3, 1, 2], 50) == 2
    assert harness.percentile(list(range(1, 101)), 99) == 99
    with pytest.raises(ValueError, match="no values"):
        harness.percentile([], 50)


def test_ours_and_the_peer_run_in_turn():
    order = []

    def run(name):
        order.append(name)
        return Cost(len(order), 0)

    ours, peer = harness.alternate(lambda: run("ours"), lambda: run("peer"), rounds=3)
    assert order == ["ours", "peer"] * 3
    assert harness.median_wall(ours) == 3
    assert harness.median_wall(peer) == 4


def test_a_command_costs_time_and_a_failing_one_is_an_error():
    cost = harness.cost_of_command([sys.executable, "-c", "sum(range(10**6))"])
    assert cost.wall_seconds > 0
    assert cost.cpu_seconds > 0
    with pytest.raises(subprocess.CalledProcessError):
        harness.cost_of_command([sys.executable, "-c", "raise SystemExit(3)"])


def test_result_has_the_agreed_shape(tmp_path):
    path = harness.write_result("demo", [Figure("a", 1.5, "s")], tmp_path)
    assert json.loads(path.read_text("utf-8")) == {
        "name": "demo",
        "machine": harness.describe_machine(),
        "figures": [
            {
                "figure": "a",
                "value": 1.5,
                "unit": "s",
                "target": None,
                "peer": None,
                "peer_value": None,
                "ratio": None,
            }
        ],
    }


def test_table_says_what_is_not_reached():
    table = harness.format_table([Figure("rebuild", 3, "s", ">= 6 x", "Hugo", 15, 5)])
    assert "not reached" in table


def test_unknown_benchmark_is_named():
    with pytest.raises(LookupError, match="nonsense"):
        harness.load_benchmark("nonsense")


def test_corpus_is_the_same_for_the_same_seed():
    assert list(corpus.articles(1_500)) == list(corpus.articles(1_500))
    assert next(corpus.articles(1)) != next(corpus.articles(1, seed=2))


def test_slice_of_the_corpus_equals_that_part_of_the_whole():
    assert list(corpus.articles(5, start=1_998)) == list(corpus.articles(2_003))[1_998:]


def test_corpus_has_the_length_and_spread_asked_for():
    sample = list(corpus.articles(2_000, sections=7))
    lengths = [sum(map(len, article.paragraphs)) for article in sample]
    assert 500 <= statistics.median(lengths) <= 700
    assert {article.section for article in sample} == set(range(7))
    assert len({article.document_number for article in sample}) == 2_000
