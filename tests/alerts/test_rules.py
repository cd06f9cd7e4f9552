"""Rules as they are read: from tables and from TOML, with one line about what is wrong."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentivox.conversation.alerts.rules import BadRule, Combined, read_rules
from sentivox.conversation.alerts.toml_file import BadRules, load_rules, rules_of_toml
from sentivox.protocol.alert_rules import CONDITIONS, Phrases, Silence

GOOD = """\
# Rules of a test.
[[rule]]
name = "quiet = [silence]"  # for_s = "x"
severity = "info"
silence = { for_s = 5 }

"""


def test_a_rule_has_its_values_and_defaults() -> None:
    (rule,) = rules_of_toml(GOOD, "rules.toml")
    assert (rule.name, rule.severity) == ("quiet = [silence]", "info")
    assert (rule.cooldown_s, rule.once, rule.of_client) == (60.0, False, False)
    assert rule.when == Silence(for_s=5.0)


def test_conditions_nest() -> None:
    words = {"phrases": {"any": ["no"]}}
    (rule,) = read_rules([{"name": "r", "all": [words, {"not": {"silence": {"for_s": 1}}}]}])
    assert rule.when == Combined(
        "all", (Phrases(any=("no",)), Combined("not", (Silence(for_s=1.0),)))
    )
    assert list(rule.conditions()) == [Phrases(any=("no",)), Silence(for_s=1.0)]


WRONG = [
    (
        '[[rule]]\nname = "angry customer"\n[rule.sentiment]\nwindw_s = 30\nbelow = -0.5\n',
        (
            "rules.toml, line 10: rule 'angry customer': unknown key 'windw_s'; known: role,"
            " channel, window_s, below, above, relative"
        ),
    ),
    (
        (
            '[[rule]]\nname = "b"\nall = [\n  { silence = { for_s = 3 } },\n'
            '  { silence = { for_s = "x" } },\n]\n'
        ),
        "line 11: rule 'b': for_s takes a number: over 0 … 3600, not 'x'",
    ),
    ('[[rule]]\nname = "b"\nsilnce = { for_s = 3 }\n', "line 9: rule 'b': unknown key 'silnce'"),
    ('[[rule]]\nname = "b"\n', "line 7: rule 'b': has no condition: give one of sentiment, drop"),
    (
        '[[rule]]\nname = "b"\nsilence = { for_s = 3 }\nmonologue = { for_s = 3 }\n',
        "line 7: rule 'b': has silence and monologue: give one of",
    ),
    ("[[rule]]\nsilence = { for_s = 3 }\n", "line 7: rule 2: needs name: Name of the rule"),
    (
        '[[rule]]\nname = "quiet = [silence]"\nsilence = { for_s = 3 }\n',
        "line 8: two rules have the name 'quiet = [silence]'",
    ),
    ('[[rule]]\nname = "b"\nsilence = 5\n', "line 9: rule 'b': silence takes a table of role"),
    ('[[rule]]\nname = "b"\nsilence = { role = "agent" }\n', "line 9: rule 'b': silence needs for"),
    (
        '[[rule]]\nname = "b"\nseverity = "high"\nsilence = { for_s = 3 }\n',
        "line 9: rule 'b': severity takes info, warning, critical, not 'high'",
    ),
    (
        '[[rule]]\nname = "b"\nonce = 1\nsilence = { for_s = 3 }\n',
        "line 9: rule 'b': once takes true or false, not 1",
    ),
    (
        '[[rule]]\nname = "b"\nsilence = { for_s = nan }\n',
        "line 9: rule 'b': for_s must be between 0 (itself not allowed) and 3600, not nan",
    ),
    (
        '[[rule]]\nname = "b"\nsilence = { for_s = 3, channel = 2 }\n',
        "line 9: rule 'b': channel must be between 0 and 1, not 2",
    ),
    (
        '[[rule]]\nname = "b"\nsilence = { for_s = 3, channel = 1, role = "agent" }\n',
        "line 9: rule 'b': silence takes role or channel, not both",
    ),
    (
        '[[rule]]\nname = "b"\nsentiment = { window_s = 3 }\n',
        "line 9: rule 'b': sentiment needs one of below, above; it has none",
    ),
    (
        '[[rule]]\nname = "b"\nphrases = { any = ["a"], exact = ["b"] }\n',
        "line 9: rule 'b': phrases needs one of any, all, exact; it has any and exact",
    ),
    (
        '[[rule]]\nname = "b"\nphrases = { any = ["!"] }\n',
        "line 9: rule 'b': any takes a list of words or phrases, not '!'",
    ),
    (
        '[[rule]]\nname = "b"\nphrases = { any = "a" }\n',
        "line 9: rule 'b': any takes a list of texts: up to 50 words or phrases, not 'a'",
    ),
    (
        '[[rule]]\nname = "b"\ntone = { emotion = "cross", at_least = 0.6, for_s = 6 }\n',
        "line 9: rule 'b': emotion takes neutral, calm, happy, sad, angry, fearful",
    ),
    ('[[rule]]\nname = "b"\nany = []\n', "line 9: rule 'b': any takes a list of tables"),
    ('[[rule]]\nname = "b"\nany = [3]\n', "line 9: rule 'b': a condition is a table such as"),
    ("[[rules]]\n", "line 7: unknown key 'rules'; rules are [[rule]] tables"),
    ("x\n", "rules.toml is not TOML: Expected '=' after a key in a key/value pair (at line 7"),
]


@pytest.mark.parametrize(("text", "says"), WRONG)
def test_a_wrong_rule_is_refused_in_one_line(text: str, says: str) -> None:
    with pytest.raises(BadRules) as refused:
        rules_of_toml(GOOD + text, "rules.toml")
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "rules.toml: there is no rule: write a [[rule]] table for each"),
        ("rule = 3", "rules.toml: write [[rule]], with two brackets, for each rule"),
        ("[rule]\nname = 'a'", "rules.toml: write [[rule]], with two brackets, for each rule"),
        ("rule = [3]", "rules.toml: rule 1 must be a table of keys and values"),
    ],
)
def test_a_file_without_rules_is_refused(text: str, says: str) -> None:
    with pytest.raises(BadRules, match=f"^{re.escape(says)}$"):
        rules_of_toml(text, "rules.toml")


def test_there_are_limits() -> None:
    quiet = {"silence": {"for_s": 1}}
    with pytest.raises(BadRule, match="there are 3 rules, and at most 2 are allowed"):
        read_rules([{"name": str(i), **quiet} for i in range(3)], most=2)
    with pytest.raises(BadRule, match="more than 20 conditions"):
        read_rules([{"name": "r", "any": [quiet] * 21}])
    with pytest.raises(BadRule, match="any takes at most 50 values, not 51"):
        read_rules([{"name": "r", "phrases": {"any": ["a"] * 51}}])
    with pytest.raises(BadRule, match="at most 100 characters each, not 101"):
        read_rules([{"name": "r", "phrases": {"any": ["a" * 101]}}])
    with pytest.raises(BadRule, match="takes 1 to 80 characters on one line"):
        read_rules([{"name": "a" * 81, **quiet}])
    with pytest.raises(BadRule, match="on one line"):
        read_rules([{"name": "a\nb", **quiet}])
    deep: dict[str, Any] = quiet
    for _ in range(6):
        deep = {"not": deep}
    with pytest.raises(BadRule, match="nested more than 5 deep"):
        read_rules([{"name": "r", **deep}])


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    with pytest.raises(BadRules, match=r"rules\.toml cannot be read: No such file"):
        load_rules(path)
    path.write_bytes(b"\xff")
    with pytest.raises(BadRules, match="is not TOML: it is not UTF-8"):
        load_rules(path)
    path.write_bytes(b"#" * (1 << 20) + b"#")
    with pytest.raises(BadRules, match="larger than 1 MiB"):
        load_rules(path)
    path.write_text(GOOD)
    assert len(load_rules(path)) == 1


json = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "all", "any", "not", "for_s", "role", "by_s", *CONDITIONS]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.lists(json, max_size=3))
def test_anything_is_read_or_refused_in_one_line(tables: list[Any]) -> None:
    try:
        assert len(read_rules(tables)) == len(tables)
    except BadRule as error:
        assert len(str(error).splitlines()) == 1  # noqa: PT017  (one or the other)
