"""What a server says names the channels as asked."""

import httpx

from sentivox.client import stream_audio
from sentivox.protocol.events import Begin, Summary
from sentivox.samples import CALL, CALL_ROLES
from tests.server.serving import Running


def test_a_stream_says_what_its_channels_are_called(server: Running) -> None:
    silence = bytes(4 * 16_000)
    called = ["Ms Li", "张 先生"]
    told = list(
        stream_audio([silence], server.address, channels=2, channel_names=called, roles=CALL_ROLES)
    )
    begin, summary = told[0], next(e for e in told if isinstance(e, Summary))
    assert isinstance(begin, Begin)
    assert list(begin.config.channel_names) == ["Ms Li", "张 先生"]
    assert list(begin.config.roles) == ["agent", "customer"]
    assert [(c.channel, c.name, c.role) for c in summary.channels] == [
        (0, "Ms Li", "agent"),
        (1, "张 先生", "customer"),
    ]
    with server.call("channels=2&modalities=audio") as caller:
        caller.next()
        caller.say("Configure", roles=["agent", "agent"])
        assert caller.next()["config"]["roles"] == ["agent", "agent"]
        caller.say("Configure", channel_names=["Ms Li"])
        refused = caller.next()
        assert (refused["type"], refused["code"]) == ("Error", "bad_config")
        assert "channel_names has 1 value (Ms Li), but there are 2 channels" in refused["message"]
        summary = next(e for e in caller.finish(silence) if e["type"] == "Summary")
        assert [c["name"] for c in summary["channels"]] == ["Agent 1", "Agent 2"]


def test_a_recording_that_is_sent_is_answered_with_them(http: httpx.Client) -> None:
    query = {"modalities": "audio", "channel_names": "Ms Li,Mr Wu", "roles": "agent,customer"}
    document = http.post("/v1/analyze", params=query, content=CALL.read_bytes()).json()
    assert [(c["name"], c["role"]) for c in document["channels"]] == [
        ("Ms Li", "agent"),
        ("Mr Wu", "customer"),
    ]
    answer = http.post("/v1/analyze", params=query | {"channels": "mix"}, content=CALL.read_bytes())
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("channel_names has 2 values (Ms Li, Mr Wu), but")
