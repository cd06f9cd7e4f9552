"""One stored conversation on its page: read, corrected, described, exported, erased."""

import csv
import json
from pathlib import Path
from typing import Any

from sentivox.conversation.escalation import Escalation
from sentivox.engine.engine import Engine
from sentivox.store.database import Database
from tests.browser.archive import asked, call, complaint, correct, shown, visit
from tests.browser.conftest import Open
from tests.server.serving import Running, call_audio, client, serving, wait_for
from tests.store.conftest import filled, within
from tests.store.made import BEGIN, said


def test_a_correction_survives_a_reload(scratch: Running, browser: Open) -> None:
    with browser() as tab:
        visit(tab, scratch, "?session=mine")
        assert tab.words == ["let me help you", "this is unacceptable"]
        assert tab.texts("#utterances .label") == ["▼ negative", "▲ positive"]
        correct(tab, 0, "neutral")
        for _ in range(2):
            assert tab.texts("#utterances .label") == ["● neutral", "▲ positive"]
            assert "model: ▼ negative" in tab.text("#utterances .badge")
            visit(tab, scratch, "?session=mine")
        correct(tab, 0, "negative")
        assert tab.text("#utterances .badge") == "confirmed"
        visit(tab, scratch, "?corrected=true")
        assert shown(tab) == ["mine"]
        visit(tab, scratch, "?session=mine")
        correct(tab, 0, "")
        visit(tab, scratch, "?session=mine")
        assert tab.texts("#utterances .label") == ["▼ negative", "▲ positive"]
        assert tab.texts("#utterances .badge") == []
        assert tab.complaints() == []


def test_tags_and_note_are_kept(scratch: Running, browser: Open) -> None:
    with browser() as tab:
        visit(tab, scratch, "?session=mine")
        tab.find("[name=tags]").send_keys(", eu")
        tab.find("[name=note]").send_keys("called back")
        tab.click("#describe button")
        tab.until(lambda: tab.text("#describe output") == "Saved", "saved")
        visit(tab, scratch, "?session=mine")
        assert tab.find("[name=tags]").get_property("value") == "eu, old"
        assert tab.find("[name=note]").get_property("value") == "called back"
        visit(tab, scratch, "?tag=eu")
        assert "called back" in tab.text(".session")
        visit(tab, scratch, "?session=mine")
        tab.find("[name=tags]").send_keys(", " + "x" * 500)
        tab.click("#describe button")
        tab.until(lambda: "tags.2" in tab.notice, "refused")


def test_names_are_given_and_shown_everywhere(scratch: Running, browser: Open) -> None:
    first, second = "#names label:nth-child(1) input", "#names label:nth-child(2) input"
    with browser() as tab:
        visit(tab, scratch, "?session=mine")
        assert tab.texts("#names label") == ["Agent", "Customer"]
        tab.find(second).send_keys("王女士")
        tab.click("#describe button")
        tab.until(lambda: tab.text("#describe output") == "Saved", "saved")
        assert "王女士" in tab.texts("#utterances .who")
        assert "Agent, 王女士" in tab.text("#about")
        tab.picture("history-names")
        visit(tab, scratch, "?speaker=王女士")
        assert shown(tab) == ["mine"]
        assert "王女士" in tab.text(".session .facts")
        visit(tab, scratch, "?session=mine")
        assert tab.find(second).get_property("value") == "王女士"
        assert tab.complaints() == []
        tab.find(first).send_keys("王女士")
        tab.click("#describe button")
        tab.until(lambda: "names" in tab.notice, "refused, as both would be the same")
        tab.find(first).clear()
        tab.find(second).clear()
        tab.click("#describe button")
        tab.until(lambda: tab.text("#describe output") == "Saved", "saved")
        assert tab.texts("#utterances .who") == ["Customer", "Agent"]


def test_the_risk_of_escalation_where_it_is_known(
    engine: Engine, browser: Open, tmp_path: Path
) -> None:
    address = f"sqlite:///{tmp_path}/calls.db"
    utterances = [said(n % 2, n // 2 + 1, start=4.0 * n, score=0.1) for n in range(12)]
    fitted = Escalation(bias=-1.0, weights=(0.0, 0.0, 0.0, 0.0), models=BEGIN.models)

    async def work(database: Database) -> None:
        store = await filled(database, *call("long", *utterances), *complaint("short"))
        await store.set_escalation(fitted)

    within(address, work)
    with serving(engine, store=address) as running, browser() as tab:
        tab.show(500, 900)
        visit(tab, running, "?session=long")
        assert "Risk of escalation27 %" in tab.text("#about")
        tab.picture("history-escalation")
        visit(tab, running, "?session=short")
        assert "Risk" not in tab.text("#about")
        assert tab.complaints() == []


def test_what_happened_is_told_in_the_list_and_of_one(scratch: Running, browser: Open) -> None:
    with browser() as tab:
        visit(tab, scratch, "?tag=old")
        assert tab.text(".session .headline") == "Made."  # as it was told at its end
        visit(tab, scratch, "?session=mine")
        told = "Customer was negative, at 0:01 (“unacceptable”); Agent positive, talked"
        assert tab.text("#one .headline").startswith(told)
        assert "Endedcomplete" in tab.text("#about")
        assert tab.find("#about [title]").get_attribute("title") == "closed"
        tab.click("#language")
        tab.until(lambda: "完整" in tab.text("#about"), "Chinese")
        told = "客户情绪消极，见 0:01（“unacceptable”）；"
        assert tab.text("#one .headline").startswith(told)
        assert tab.complaints() == []


def test_it_is_erased_only_when_confirmed(scratch: Running, browser: Open) -> None:
    with browser() as tab:
        visit(tab, scratch, "?tag=old")
        tab.click(".session .open")
        tab.click("#erase")
        tab.click("#erasing button[value=no]")
        assert tab.find("#one").is_displayed()
        tab.click("#erase")
        tab.click("#erasing button[value=yes]")
        tab.until(lambda: tab.text("#status") == "Erased", "erased")
        assert asked(tab) == {"tag": ["old"]}  # back in the list from which it came
        assert shown(tab) == []
        with client(scratch) as http:
            assert http.get("/v1/sessions/mine").status_code == 404


def test_the_report_opens_as_it_should_look(archive: Running, browser: Open) -> None:
    with browser() as tab:
        visit(tab, archive, "?session=angry")
        here = tab.driver.current_window_handle
        tab.click("#report")
        tab.until(lambda: len(tab.driver.window_handles) == 2, "tab")
        (there,) = {*tab.driver.window_handles} - {here}
        tab.driver.switch_to.window(there)
        tab.until(lambda: "angry" in tab.driver.title, "report")
        assert tab.driver.current_url.startswith("blob:")
        assert "this is unacceptable" in tab.text(".transcript")
        assert (
            tab.js("return getComputedStyle(document.querySelector('.card')).borderRadius") != "0px"
        )
        assert not tab.js("return document.querySelector('.filters').hidden")  # its script has run
        tab.picture("history-report")
        assert tab.complaints() == []


def test_it_can_be_exported(archive: Running, browser: Open, tmp_path: Path) -> None:
    with browser() as tab:
        tab.driver.execute_cdp_cmd(
            "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)}
        )
        visit(tab, archive, "?session=angry")
        for kind in ("json", "csv"):
            tab.click(f"#{kind}")
            tab.until((tmp_path / f"angry.{kind}").is_file, kind)
    document = json.loads((tmp_path / "angry.json").read_text())
    assert document["session"]["id"] == "angry"
    rows = list(csv.DictReader((tmp_path / "angry.csv").read_text("utf-8-sig").splitlines()))
    assert [row["transcript"] for row in rows] == ["this is unacceptable", "let me help you"]


def test_what_was_heard_is_played(
    engine: Engine, browser: Open, tmp_path: Path, clip: bytes
) -> None:
    assert clip
    settings: dict[str, Any] = {
        "store": f"sqlite:///{tmp_path}/calls.db",
        "save_audio": tmp_path / "audio",
    }
    with serving(engine, late_s=600.0, **settings) as running, browser() as tab:
        with running.call() as caller:
            session_id = caller.finish(call_audio(3.0, 9.4))[0]["session_id"]
        with client(running) as http:
            for number in (1, 2):
                path = f"/v1/sessions/{session_id}/utterances/0/{number}/audio"
                wait_for(lambda path=path: http.get(path).is_success)
            kept = f"/v1/sessions/{session_id}"
            wait_for(lambda: http.get(kept).is_success)
            wait_for(lambda: http.get(kept).json()["session"]["ended"])
        visit(tab, running, f"?session={session_id}")
        assert tab.texts(".play") == ["▶", "▶"]
        # What the button shows is noted by the page: two seconds may be over before a test looks.
        tab.js(
            "window.seen = [];"
            "const look = () => seen.push(document.querySelector('.play').textContent);"
            "new MutationObserver(look).observe(document.body,"
            " { subtree: true, childList: true, characterData: true });"
        )
        tab.click(".play")
        tab.until(lambda: "■" in tab.js("return seen"), "the start")
        tab.until(lambda: tab.js("return seen").index("■") < len(tab.js("return seen")) - 1
                  and tab.texts(".play")[0] == "▶", "the end")  # fmt: skip
        assert tab.notice == ""
        (tmp_path / "audio" / session_id / "0-0001.wav").unlink()
        tab.click(".play")
        tab.until(lambda: "not kept" in tab.notice, "notice")
        assert all("404" in line for line in tab.complaints())
