"""Order and names of a chain."""

import pytest

from hepdl import Chain
from hepdl.errors import ColumnClash, MissingColumn, ParameterError, WiringError
from tests.contract.toys import Shake
from tests.memory import Above, Centre, Collect, MemoryReader, Twice, sample


def reader(**parameters):
    return MemoryReader(sample("a", 10, label=1), **parameters)


def test_chain_begins_with_a_reader():
    with pytest.raises(WiringError, match="begins with a reader, but this one begins with Twice"):
        Chain(Twice(column="x"))


def test_only_steps_stand_in_a_chain():
    with pytest.raises(WiringError, match="number 2 is 'x'"):
        Chain(reader(), "x")


def test_two_readers_are_refused():
    with pytest.raises(WiringError, match="has one reader"):
        Chain(reader(), reader(name="other"))


def test_equal_labels_need_names():
    with pytest.raises(WiringError, match="two steps are called 'Twice'"):
        Chain(reader(), Twice(column="x"), Twice(column="pt"))


def test_wiring_knows_every_column():
    wiring = dict(Chain(reader(), Twice(column="x"), Centre(column="twice")).check())
    assert "twice" in wiring["Twice"]
    assert "centred" in wiring["Centre"]
    assert {"weight", "part", "sample", "label"} <= set(wiring["MemoryReader"])


def test_misspelt_column_says_did_you_mean():
    with pytest.raises(MissingColumn, match="Centre: there is no column 'twise', did you mean 'twice'"):
        Chain(reader(), Twice(column="x"), Centre(column="twise")).check()


def test_column_behind_the_step_is_not_seen():
    with pytest.raises(MissingColumn, match="Centre: there is no column 'twice'"):
        Chain(reader(), Centre(column="twice"), Twice(column="x")).check()


def test_clash_is_an_error():
    with pytest.raises(ColumnClash, match="Twice would add column 'pt', which exists already"):
        Chain(reader(), Twice(column="x", output="pt")).check()


def test_variation_may_not_get_lost_on_the_host():
    twice = Twice(column="shaken")
    Chain(reader(), Shake("x"), Above("shaken"), twice, Collect(columns=["twice"])).check()  # nothing learns from it
    message = "Centre would train on 'twice', which Twice makes on the host, once, so that it lacks .* of 'shaken'"
    with pytest.raises(WiringError, match=message):
        Chain(reader(), Shake("x"), twice, Centre(column="twice")).check()
    with pytest.raises(WiringError, match=message):
        again = Twice(column="twice", output="four", name="again")
        Chain(reader(), Shake("x"), twice, again, Centre(column="four")).check()


def test_selection_behind_a_report_is_refused():
    with pytest.raises(WiringError, match="put Collect behind Above"):
        Chain(reader(), Collect(), Above("x"))


def test_branches_are_what_the_chain_needs():
    chain = Chain(reader(identity=["event"]), Twice(column="x"), Centre(column="twice"))
    assert chain.branches(chain.reader.offers()) == ["x", "event"]


def test_parameter_by_address():
    chain = Chain(reader(), Above("x", 1.0)).with_parameter("Above.threshold", 2.5)
    assert chain.steps[1].threshold == 2.5


@pytest.mark.parametrize(
    ("address", "message"),
    [("Above.treshold", "did you mean 'threshold'"), ("Abve.threshold", "did you mean 'Above.threshold'"),
     ("Above.threshold.x", "has no parameters")],
)  # fmt: skip
def test_wrong_address_is_explained(address, message):
    with pytest.raises(ParameterError, match=message):
        Chain(reader(), Above("x", 1.0)).with_parameter(address, 2)


def test_string_where_a_number_belongs():
    with pytest.raises(ParameterError, match=r"Above.threshold: should be a valid number \(got 'high'\)"):
        Above("x", "high")


def test_misspelt_parameter():
    with pytest.raises(ParameterError, match="Above.treshold: unknown parameter, did you mean 'threshold'"):
        Above("x", treshold=1.0)


def test_missing_parameter_tells_what_it_is():
    with pytest.raises(ParameterError, match=r"Twice.column: this parameter must be given \(Column to double.\)"):
        Twice()


def test_too_many_positional_arguments():
    with pytest.raises(ParameterError, match=r"got 3 positional arguments, takes 2 \(column, threshold\)"):
        Above("x", 1.0, 2.0)


def test_parameters_are_set_once():
    with pytest.raises(Exception, match="frozen"):
        Above("x", 1.0).threshold = 2.0
