from typing import Any

import pytest

from everyword_events import InvalidInput
from refine.domain.report import Change, RefineReport, read_report, show_changes, write_report

REPORT = RefineReport(
    changes=(
        Change(
            "model",
            "llama",
            75.5,
            77.0,
            "we left at 5",
            "we left at 9",
            "rejected",
            "number_changed",
        ),
        Change("rules", "rule 1", 3.25, 4.0, "a w s", "AWS"),
        Change(
            "edit", "e1", 4000.0, 4002.0, "old", "new", "conflict", "other words stand there now"
        ),
    ),
    changes_left_out=3,
    degraded="1 of 2 chunks without the model: busy",
)


def test_changes_read_as_a_diff_in_order_of_time() -> None:
    assert show_changes(REPORT).splitlines() == [
        "@@ 0:00:03.250 rules, rule 1 @@",
        "- a w s",
        "+ AWS",
        "",
        "@@ 0:01:15.500 model, llama (rejected: number_changed) @@",
        "- we left at 5",
        "? we left at 9",
        "",
        "@@ 1:06:40.000 edit, e1 (conflict: other words stand there now) @@",
        "- old",
        "? new",
        "",
        "and 3 more changes that are not listed",
        "degraded: 1 of 2 chunks without the model: busy",
    ]
    assert show_changes(RefineReport()) == "nothing was changed"


def test_a_report_is_read_back() -> None:
    assert read_report(write_report(REPORT)) == REPORT
    assert REPORT.rejected() == {"number_changed": 1}
    assert [change.by for change in REPORT.conflicts()] == ["e1"]


@pytest.mark.parametrize("raw", [b"", b"[]", b'{"changes": 3}'])
def test_what_is_no_report_is_refused(raw: Any) -> None:
    with pytest.raises(InvalidInput, match="refine report"):
        read_report(raw)
