"""What a client shows when it comes back."""

import asyncio
from pathlib import Path

from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from sentivox.client.link import Link

BEGIN = Path(__file__).parents[1] / "server/golden/server/Begin.json"


def test_the_cookies_of_a_balancer_are_shown_again() -> None:
    shown: list[str | None] = []

    def balance(_: ServerConnection, request: Request, response: Response) -> None:
        shown.append(request.headers.get("Cookie"))
        response.headers["Set-Cookie"] = 'instance="a b"; Path=/; HttpOnly'
        response.headers["Set-Cookie"] = f"visits={len(shown)}"

    async def greet(socket: ServerConnection) -> None:
        await socket.send(BEGIN.read_text(encoding="utf-8"))
        await socket.wait_closed()

    async def use() -> None:
        async with serve(greet, "127.0.0.1", 0, process_response=balance) as server:
            port = server.sockets[0].getsockname()[1]
            address = f"ws://127.0.0.1:{port}/v1/stream"
            link = Link(address=address, upload=False, token=None)
            for _ in range(2):
                socket, _ = await link.open()
                await socket.close()

    asyncio.run(asyncio.wait_for(use(), 30))
    assert shown == [None, 'instance="a b"; visits=1']
