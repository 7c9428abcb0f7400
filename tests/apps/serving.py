"""A server of our own in a thread, for tests that speak HTTP to it."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager

import httpx
import uvicorn

from fanlight.apps.server.app import create_app
from fanlight.apps.server.http_protocol import OPTIONS


@contextmanager
def running(taggers, **options):
    """Yield the server's address."""
    config = uvicorn.Config(create_app(taggers, **options), port=0, **OPTIONS)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(30)


def post(address, path="/v1/tag", content=None, headers=None, **body):
    """Post a body of fields, or content as it is; return the answer."""
    if content is None:
        return httpx.post(address + path, json=body, headers=headers, timeout=60)
    return httpx.post(address + path, content=content, headers=headers, timeout=60)
