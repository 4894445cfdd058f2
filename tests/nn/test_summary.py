"""What a network looks like in a notebook."""

from numlp.nn import Dense, Network, ReLU, SoftmaxCrossEntropy, mlp

from ..programs.markup import Page


class Hostile(ReLU):
    def __repr__(self) -> str:
        return "<script>alert(1)</script>&"


def test_the_table_in_html_says_what_the_printed_one_does() -> None:
    network = mlp([4, 10, 3], normalization="batch")
    page = Page(network._repr_html_())
    assert page.tags.count("tr") == 2 + len(network.layers) + 1  # head, input, layers, loss
    for line in str(network).splitlines():
        for words in line.split("  "):
            assert not words.strip("─ ") or words.strip() in page.texts, words


def test_members_are_counted() -> None:
    page = Page(Network([Dense(2, 3)], members=4)._repr_html_())
    assert {"(4, n, 2)", "(4, n, 3)", "36"} <= set(page.texts)
    assert "36 trained parameters of 4 members" in page.text


def test_a_layer_of_any_name_is_text() -> None:
    network = Network([Dense(2, 2), Hostile()], loss=SoftmaxCrossEntropy())
    assert "<script>alert(1)</script>&" in Page(network._repr_html_()).texts
