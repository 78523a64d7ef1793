"""The small tasks of the cells: a few updates of each, stored and not run again; and that their answers are right."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import torch

FOLDER = Path(__file__).parents[2] / "benchmarks" / "physics"


@pytest.fixture
def memory(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    import memory as module

    yield module
    for name in ("memory", "memory_tasks"):
        del sys.modules[name]


def test_a_tiny_run_of_each_task(memory, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(memory, "TEST", 100)
    store = tmp_path / "memory.json"
    monkeypatch.setattr(sys, "argv", ["memory.py", "--store", str(store), "--seeds", "1", "--updates", "2"])
    memory.main()
    stored = json.loads(store.read_text())
    assert set(stored) == {f"{task}/{name}/1" for task in memory.TASKS for name in ("cell", "LSTM")}
    assert all(0 <= row["wrong"] <= 1 for row in stored.values())
    stored["copy/cell/1"]["wrong"] = 0.125
    store.write_text(json.dumps(stored))
    memory.main()
    assert "0.1250" in capsys.readouterr().out


def test_the_tasks_ask_what_they_say(memory) -> None:
    random = torch.Generator().manual_seed(1)
    copied = memory.TASKS["copy"].draw(random, 2, False)
    given = copied.columns["given"]
    length = (int(given.lengths[0]) - 1) // 2
    assert given.values[:length, :4].equal(copied.target[copied.counts][:length])
    recalled = memory.TASKS["recall"].draw(random, 3, False)
    given = recalled.columns["given"]
    rows = given.values[: int(given.offsets[1])]
    asked = [i for i in range(len(rows) - 3) if rows[i, :4].equal(rows[-2, :4])]
    assert any(rows[i + 1, :4].equal(recalled.target[0]) for i in asked)
    odd = memory.TASKS["parity"].draw(random, 5, False)
    assert odd.target[:, 0].tolist() == [(int((row == 1).sum()) % 2) for row in odd.columns["given"].values]


def test_questions_have_the_right_answers(memory) -> None:
    batch = memory.TASKS["table"].draw(torch.Generator().manual_seed(2), 20, True)
    table, words = batch.columns["table"], batch.columns["words"].values.reshape(20, 3, 8)
    limits = batch.columns["number"].values.reshape(20, 3)[:, 1]
    for event in range(20):
        rows = table.values[int(table.offsets[event]) : int(table.offsets[event + 1])]
        where, of = int(words[event, 1, 2:5].argmax()), int(words[event, 2, 5:].argmax())
        chosen = [row for row in rows if row[where] > limits[event]]
        expected = sum(float(row[of]) for row in chosen) if words[event, 0, 0] else len(chosen)
        assert float(batch.target[event]) == pytest.approx(expected, abs=1e-5)
