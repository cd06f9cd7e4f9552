"""What goes wrong on the page: each has a message that says what to do, and a way on."""

import socket

import pytest

from sentivox.engine.engine import Engine
from sentivox.server.admission.auth import Keyring, new_token
from sentivox.stream.degradation import Degradation
from tests.browser.conftest import Open
from tests.server.serving import Running, serving


def test_a_microphone_that_is_refused(site: Running, browser: Open) -> None:
    with browser("--use-fake-device-for-media-stream", microphone=2) as tab:
        tab.open(site.http)
        tab.agree()
        tab.until(lambda: tab.notice, "notice")
        assert "Allow it in the address bar" in tab.notice
        assert tab.find("#notice button").is_displayed()  # try again
        assert tab.find("#microphone").is_enabled()


def test_no_microphone_at_all(site: Running, browser: Open) -> None:
    with browser("--use-fake-ui-for-media-stream", "--disable-audio-input") as tab:
        tab.open(site.http)
        tab.js(
            "navigator.mediaDevices.getUserMedia = () =>"
            " Promise.reject(new DOMException('none', arguments[0]))",
            "NotFoundError",
        )
        tab.agree()
        tab.until(lambda: tab.notice, "notice")
        assert "Plug one in" in tab.notice


def test_a_microphone_that_is_unplugged(
    site: Running, browser: Open, voice: tuple[str, ...]
) -> None:
    with browser(*voice) as tab:
        tab.open(site.http)
        tab.js(
            """
            const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
            navigator.mediaDevices.getUserMedia = async (wanted) =>
              (window.media = await open(wanted));
            """
        )
        tab.agree()
        tab.arrive("listening")
        tab.js("media.getTracks()[0].dispatchEvent(new Event('ended'))")
        tab.arrive("ready")
        assert "unplugged" in tab.notice


def test_no_consent_no_microphone(site: Running, browser: Open, voice: tuple[str, ...]) -> None:
    with browser(*voice) as tab:
        tab.open(site.http)
        tab.click("#microphone")
        assert site.address in tab.text("#consentWhere")
        tab.click("#consent button[value=no]")
        tab.until(lambda: not tab.find("#consent").is_displayed(), "closed")
        assert tab.find("#live").is_displayed() is False
        assert len(site.server.service.sessions) == 0


def test_a_server_that_is_full_refuses_a_microphone(
    engine: Engine, browser: Open, voice: tuple[str, ...]
) -> None:
    with serving(engine, late_s=600.0, max_streams=1) as running, browser(*voice) as tab:
        tab.open(running.http)
        tab.arrive("ready")
        with running.call() as caller:
            caller.next()
            tab.agree()
            tab.until(lambda: tab.notice, "notice")
            assert "cannot take another stream" in tab.notice
            caller.finish()
        tab.click("#notice button")
        tab.until(lambda: tab.words, "words")
        tab.click("#stop")
        tab.arrive("done")
        assert tab.notice == ""


def test_a_recording_waits_until_the_server_has_room(
    engine: Engine, browser: Open, clip: bytes
) -> None:
    with serving(engine, late_s=600.0, max_streams=1) as running, browser() as tab:
        with running.call() as caller:
            caller.next()
            tab.open(running.http)
            tab.arrive("busy")
            tab.until(lambda: tab.find("#file").is_enabled(), "a file can be chosen")
            tab.click("#fast")
            tab.drop("clip.wav", clip)
            tab.arrive("queued")
            assert "waits for room" in tab.text("#status")
            tab.click("#stop")  # whoever does not want to wait
            tab.until(lambda: not tab.find("#stop").is_displayed(), "left")
            tab.drop("clip.wav", clip)
            tab.arrive("queued")
            assert tab.notice == ""
            caller.finish()
        tab.arrive("done")
        assert len(tab.words) == 2
        assert tab.notice == ""


def test_an_overloaded_server_takes_a_recording_as_soon_as_its_streams_are_over(
    engine: Engine, browser: Open, clip: bytes
) -> None:
    """Its level stays high for a while after them; nobody would be spared by a refusal."""
    with serving(engine, late_s=600.0) as running, browser() as tab:
        tab.open(running.http)
        tab.arrive("ready")
        tab.click("#fast")
        with running.call() as caller:
            caller.next()
            running.server.service.sessions.degrade(Degradation.NO_LATE_WORDS)
            tab.drop("clip.wav", clip)
            tab.arrive("queued")
            caller.finish()
        tab.arrive("done")
        assert running.server.service.sessions.level is Degradation.NO_LATE_WORDS
        assert len(tab.words) == 2


def test_a_token_that_is_wrong_and_one_that_is_right(
    engine: Engine, browser: Open, clip: bytes
) -> None:
    token = new_token()
    with serving(engine, late_s=600.0, keyring=Keyring.of([token])) as running, browser() as tab:
        tab.open(running.http)
        tab.until(lambda: tab.find("#access").is_displayed(), "asks")
        assert tab.notice == ""
        tab.find("#token").send_keys("a token of somebody else\n")
        tab.until(lambda: "Unknown token" in tab.notice, "wrong")
        tab.find("#token").send_keys(f"{token}\n")
        tab.arrive("ready")
        assert tab.notice == ""
        tab.click("#fast")
        tab.drop("clip.wav", clip)
        tab.arrive("done")
        assert len(tab.words) == 2


@pytest.mark.parametrize("data", [b"", b"not audio at all" * 100, b"RIFF\x24\x00\x00\x00WAVE"])
def test_a_file_that_is_not_audio(site: Running, browser: Open, data: bytes) -> None:
    with browser() as tab:
        tab.open(site.http)
        tab.arrive("ready")
        tab.drop("notes.txt", data)
        tab.until(lambda: tab.notice, "notice")
        assert "cannot read any audio" in tab.notice
        tab.arrive("ready")


def test_a_network_that_does_not_come_back(engine: Engine, browser: Open, clip: bytes) -> None:
    with serving(engine) as running, browser() as tab:
        tab.open(running.http)
        tab.arrive("ready")
        running.server.should_exit = True
        tab.until(lambda: _gone(running), "down")
        tab.drop("clip.wav", clip)
        tab.until(lambda: tab.notice, "notice")
        assert "cannot be reached" in tab.notice


def test_the_reason_of_a_close_frame_is_shown(site: Running, browser: Open) -> None:
    with browser() as tab:
        tab.open(f"{site.http}/docs")
        session = tab.module(
            """
            const { Stream } = await load("sentivox");
            window.stream = new Stream(location.origin);
            return (await stream.open()).session_id;
            """
        )
        with site.call(f"session_id={session}&last_seq=1&min_confidence=0&baseline=true") as other:
            assert other.next()["resumed"] is True  # somebody else goes on with the session
            said = tab.module("return stream.done.catch(({ code, message }) => [code, message])")
    assert said == ["closed", "another connection has resumed this session"]


def _gone(running: Running) -> bool:
    host, port = running.address.split(":")
    try:
        socket.create_connection((host, int(port)), 1).close()
    except OSError:
        return True
    return False


def test_a_tab_in_the_background_says_what_it_missed(
    site: Running, browser: Open, voice: tuple[str, ...]
) -> None:
    with browser(*voice) as tab:
        tab.open(site.http)
        tab.agree()
        tab.arrive("listening")
        tab.until(lambda: tab.js("return document.title").startswith("●"), "title")
        tab.module("const { page } = await load('app'); page.run.began -= 60_000")  # as if held
        tab.js("document.dispatchEvent(new Event('visibilitychange'))")
        assert "in the background" in tab.notice
        tab.click("#stop")
        tab.arrive("ready")


def test_stopped_twice_it_does_without_the_rest(
    engine: Engine, browser: Open, voice: tuple[str, ...]
) -> None:
    with browser(*voice) as tab:
        with serving(engine) as running:
            tab.open(running.http)
            tab.agree()
            tab.arrive("listening")
        tab.until(lambda: tab.status in {"waiting", "connecting"}, "the server is gone")
        tab.click("#stop")  # the rest is for when it is back…
        tab.click("#stop")  # …or not
        tab.until(lambda: tab.find("#microphone").is_displayed(), "over")
        assert tab.notice == ""
