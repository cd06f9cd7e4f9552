"""What a visitor can set: names of the channels, the microphone, alert rules."""

import numpy as np
import pytest
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select

from tests.browser.axe import faults
from tests.browser.chromium import Tab
from tests.browser.conftest import FAKE_DEVICE, Open, wav
from tests.server.serving import Running

TWO_DEVICES = ("--use-fake-device-for-media-stream=device-count=2", FAKE_DEVICE[1])


def unfold(tab: Tab) -> None:
    """Open the settings, by keyboard."""
    tab.find("#more summary").send_keys(Keys.ENTER)
    tab.until(lambda: tab.find("#name1").is_displayed(), "settings")
    assert tab.text("#more summary") == "Names, microphone test, alert rules"


def sample(tab: Tab) -> None:
    """Listen to the whole sample call, fast."""
    tab.click("#fast")
    tab.click("#sample")
    tab.until(lambda: tab.status in {"listening", "finishing"}, "begun")
    tab.arrive("done")
    tab.drawn()


def begun_with(tab: Tab, name: str) -> object:
    """An option that the latest stream began with."""
    return tab.module(
        "const { page } = await load('app'); return page.begin.config[given[0]]", name
    )


def test_names_in_the_address_are_those_of_the_channels(site: Running, browser: Open) -> None:
    with browser() as tab:
        tab.open(f"{site.http}/?names=Ms%20Li,%E5%BC%A0")
        tab.arrive("ready")
        sample(tab)
        assert begun_with(tab, "channel_names") == ["Ms Li", "张"]
        assert tab.texts("#channels .head b") == ["Ms Li", "张"]
        assert begun_with(tab, "roles") == ["agent", "customer"]


def test_names_in_the_fields_are_remembered(site: Running, browser: Open, clip: bytes) -> None:
    with browser() as tab:
        tab.open(site.http)
        tab.arrive("ready")
        unfold(tab)
        tab.find("#name1").send_keys("Ms Li")
        tab.open(site.http)
        tab.arrive("ready")
        sample(tab)
        assert tab.texts("#channels .head b") == ["Ms Li", "Channel 2"]
        tab.drop("clip.wav", clip)
        tab.until(lambda: tab.texts("#channels .head b") == ["Ms Li"], "one channel, one name")
        tab.arrive("done")


@pytest.mark.parametrize(
    ("names", "says"), [("a,A", "must differ"), (f"{'x' * 41},b", "at most 40 characters")]
)
def test_names_that_cannot_be_are_said_at_the_fields(
    site: Running, browser: Open, names: str, says: str
) -> None:
    with browser() as tab:
        tab.open(f"{site.http}/?names={names}")
        tab.arrive("ready")
        assert says in tab.text("#namesProblem")
        assert tab.find("#namesProblem").is_displayed()
        assert tab.find("#name1").get_attribute("aria-invalid") == "true"
        sample(tab)
        assert tab.texts("#channels .head b") == ["Agent", "Customer"]


def test_a_rule_fires_and_is_remembered(site: Running, browser: Open) -> None:
    with browser() as tab:
        tab.open(site.http)
        tab.arrive("ready")
        unfold(tab)
        tab.click("#addRule")
        assert "Enter a word or phrase" in tab.text(".rule .problem")
        tab.find(".rule input").send_keys("never said, terrible")
        assert tab.text(".rule .problem") == ""
        tab.open(site.http)
        tab.arrive("ready")
        assert tab.find(".rule input").get_property("value") == "never said, terrible"
        sample(tab)
        told = "Warning: says “never said, terrible”"
        assert any(told in text for text in tab.texts("#moments .moment"))
        assert tab.text("#rulesProblem") == ""
        assert tab.complaints() == []


def test_every_kind_of_rule_is_one_that_the_server_takes(site: Running, browser: Open) -> None:
    with browser() as tab:
        tab.open(site.http)
        tab.arrive("ready")
        unfold(tab)
        for row, kind in enumerate(["phrases", "sentiment", "silence", "monologue"], 1):
            tab.click("#addRule")
            Select(tab.find(f".rule:nth-child({row}) select")).select_by_value(kind)
            if kind == "phrases":
                tab.find(f".rule:nth-child({row}) input").send_keys("terrible")
            channel = tab.find(f".rule:nth-child({row}) select:nth-of-type(2)")
            Select(channel).select_by_visible_text("Channel 2")
        assert tab.texts(".rule .problem") == [""] * 4
        sample(tab)
        assert tab.text("#rulesProblem") == ""
        rules = "const { page } = await load('app'); return page.settings.rules.of(given[0])"
        assert [sorted(rule.keys() - {"name"}) for rule in tab.module(rules, 2)] == [
            ["phrases"], ["sentiment"], ["silence"], ["monologue"],
        ]  # fmt: skip
        assert tab.module(rules, 1) is None  # of a channel that is not there
        fired = tab.module(
            "const { page } = await load('app'); return page.conversation.fired.map(f => f.rule)"
        )
        assert "says “terrible” · Channel 2" in fired


def test_a_rule_that_cannot_be_is_said_at_its_field_and_not_sent(
    site: Running, browser: Open
) -> None:
    with browser() as tab:
        tab.open(site.http)
        tab.arrive("ready")
        unfold(tab)
        tab.click("#addRule")
        Select(tab.find(".rule select")).select_by_value("silence")
        field = tab.find(".rule input")
        field.clear()
        field.send_keys("4000")
        assert tab.text(".rule .problem") == "Enter a number from 1 to 3600."
        assert field.get_attribute("aria-invalid") == "true"
        sample(tab)
        assert tab.text("#rulesProblem") == ""
        unfolded = "return document.getElementById('more').open"
        assert tab.js(unfolded)
        tab.click(".rule button")
        assert tab.texts(".rule") == []


def test_what_the_server_says_of_rules_is_shown(site: Running, browser: Open) -> None:
    with browser() as tab:
        tab.open(site.http)
        tab.arrive("ready")
        tab.module(
            """
            const { page } = await load("app");
            page.settings.rules.of = () => [{ name: "of nobody", silence: { for_s: 5, role: "agent" } }];
            """  # noqa: E501
        )
        sample(tab)
        assert tab.text("#rulesProblem") == ""  # the sample call has an agent
        tab.module(
            """
            const { page } = await load("app");
            page.settings.rules.of = () => [{ name: "bad", silence: {} }];
            """
        )
        tab.click("#sample")
        tab.until(lambda: tab.text("#rulesProblem"), "what is wrong")
        assert "rule 'bad'" in tab.text("#rulesProblem")
        tab.arrive("done")
        assert len(tab.words) == 10  # it goes on without


def test_rules_of_the_javascript_client_hold_for_each_session(site: Running, browser: Open) -> None:
    with browser() as tab:
        tab.open(site.http)
        begins = tab.module(
            """
            const { Stream } = await load("sentivox");
            const alerts = [{ name: "dead air", silence: { for_s: 5 } }];
            const stream = new Stream(location.origin, { reconnectSeconds: 0, alerts });
            const begins = [];
            stream.on("Begin", (event) => begins.push(event.seq));
            const told = new Promise((resolve) => { stream.on("Alert", resolve); });
            await stream.open();
            stream.send(new Int16Array(16000 * 6));
            const { rule } = await told;
            await stream.close();
            return [begins.length, rule, stream.begin.seq === begins[1]];
            """
        )
    assert begins == [2, "dead air", True]


def test_a_microphone_can_be_tested_before_anything_is_sent(
    site: Running, browser: Open, voice: tuple[str, ...]
) -> None:
    with browser(*voice) as tab:
        tab.open(site.http)
        tab.arrive("ready")
        unfold(tab)
        tab.click("#test")
        tab.until(lambda: "Good" in tab.text("#testWords"), "heard well")
        level = (
            "return Number(document.getElementById('testLevel').style.getPropertyValue('--level'))"
        )
        tab.until(lambda: tab.js(level) > 0.3, "the bar moves")
        assert len(site.server.service.sessions) == 0
        assert tab.text("#test") == "End the test"
        tab.click("#test")
        tab.until(lambda: tab.js(level) == 0, "over")
        assert tab.text("#test") == "Test the microphone"
        tab.click("#test")
        tab.until(lambda: tab.js(level) > 0, "again")
        tab.agree()  # listening ends the test
        tab.arrive("listening")
        assert tab.text("#test") == "Test the microphone"
        assert tab.complaints() == []


def test_a_microphone_without_a_signal_is_told(
    site: Running, browser: Open, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("silent") / "silent.wav"
    path.write_bytes(wav(bytes(96_000), 48_000))
    with browser(*FAKE_DEVICE, f"--use-file-for-fake-audio-capture={path}") as tab:
        tab.open(site.http)
        tab.arrive("ready")
        unfold(tab)
        tab.click("#test")
        tab.until(lambda: "No signal" in tab.text("#testWords"), "no signal")
        tab.picture("microphone-silent")


def test_a_microphone_that_is_refused_says_so_at_the_test(site: Running, browser: Open) -> None:
    with browser(FAKE_DEVICE[0], microphone=2) as tab:
        tab.open(site.http)
        tab.arrive("ready")
        unfold(tab)
        tab.click("#test")
        tab.until(lambda: "blocked" in tab.text("#testWords"), "refused")
        assert tab.text("#test") == "Test the microphone"


def test_a_microphone_that_is_unplugged_ends_the_test(
    site: Running, browser: Open, voice: tuple[str, ...]
) -> None:
    with browser(*voice) as tab:
        tab.open(site.http)
        tab.arrive("ready")
        unfold(tab)
        tab.js(
            """
            const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
            navigator.mediaDevices.getUserMedia = async (wanted) =>
              (window.media = await open(wanted));
            """
        )
        tab.click("#test")
        tab.until(lambda: "Good" in tab.text("#testWords"), "heard")
        tab.js("media.getTracks()[0].dispatchEvent(new Event('ended'))")
        tab.until(lambda: "unplugged" in tab.text("#testWords"), "says so")
        assert tab.text("#test") == "Test the microphone"


def test_levels_are_judged_by_the_loudest_moment(site: Running, browser: Open) -> None:
    frames = [{"rms": rms, "peak": 3 * rms} for rms in np.geomspace(1e-4, 3e-3, 75)]
    with browser() as tab:
        tab.open(site.http)
        judged = tab.module(
            "const { verdict } = await load('devices'); return given.map((some) => verdict(some))",
            [],
            [{"rms": 0, "peak": 0}] * 20,
            [{"rms": 1e-5, "peak": 1e-4}] * 60,
            frames,
            [*frames, {"rms": 0.05, "peak": 0.3}],
            [*frames, {"rms": 0.5, "peak": 1.0}],
        )
    assert judged == [
        "saySomething",
        "saySomething",
        "noSignal",
        "tooQuiet",
        "goodLevel",
        "tooLoud",
    ]


def test_a_microphone_is_chosen_and_remembered(site: Running, browser: Open) -> None:
    with browser(*TWO_DEVICES) as tab:
        tab.open(site.http)
        tab.arrive("ready")
        unfold(tab)
        tab.click("#test")
        tab.until(lambda: len(tab.texts("#devices option")) >= 2, "named once one was allowed")
        Select(tab.find("#devices")).select_by_index(len(tab.texts("#devices option")) - 1)
        chosen = tab.find("#devices").get_property("value")
        used = """
            const { page } = await load("app");
            window.wanted ??= navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
            navigator.mediaDevices.getUserMedia = (asked) => {
              window.asked = asked.audio.deviceId;
              return window.wanted(asked);
            };
            await page.settings.devices.stop();
            """
        tab.module(used)
        tab.agree()
        tab.arrive("listening")
        assert tab.js("return window.asked") == {"exact": chosen}
        tab.click("#stop")
        tab.arrive("done")
        tab.open(site.http)
        tab.arrive("ready")
        shown = "return document.getElementById('devices').value"
        tab.until(lambda: tab.js(shown) == chosen, "remembered")


@pytest.mark.parametrize("size", [(320, 2400), (1280, 1500)])
def test_the_settings_fit_and_are_accessible(
    site: Running, browser: Open, axe: str, size: tuple[int, int]
) -> None:
    with browser() as tab:
        tab.show(*size)
        tab.open(f"{site.http}/?names=a,a")  # which opens the settings, to say what is wrong
        tab.arrive("ready")
        for _ in range(2):
            tab.click("#addRule")
        Select(tab.find(".rule select")).select_by_value("sentiment")
        tab.module(
            "const { page } = await load('app'); page.settings.rules.refuse(given[0])",
            "alerts: " + "W" * 60,
        )
        for theme, language in (("light", "en"), ("dark", "zh")):
            tab.show(*size, theme)
            tab.picture(f"settings-{size[0]}-{language}")
            assert faults(tab, axe) == []
            assert tab.js("return document.documentElement.scrollWidth") == size[0]
            tab.click("#language")
