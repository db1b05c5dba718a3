"""Serving a page of Gradio to this machine, without a network."""

import contextlib
import os
import signal
import socket
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import gradio as gr


@contextlib.contextmanager
def offline_gradio() -> Iterator[Path]:
    """Gradio, silent: nothing is sent or fetched, no picture is left behind.

    Yields:
        Path of a folder that is removed at the end.

    Raises:
        ModuleNotFoundError: the extra `app` is not installed.
    """
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["HF_HUB_OFFLINE"] = "1"
    with tempfile.TemporaryDirectory(prefix="tfmask-app-") as folder:
        # Folder in which Gradio keeps the pictures of a page.
        os.environ["GRADIO_TEMP_DIR"] = str(Path(folder, "gradio"))
        import gradio  # noqa: F401

        yield Path(folder)


def open_page(blocks: "gr.Blocks", host: str, port: int) -> None:
    """Serves a page until Ctrl-C or SIGTERM.

    Args:
        blocks: the page.
        host: str, address.
        port: int; 0 takes a free one.

    Raises:
        OSError: the address cannot be had.
    """
    from serving.app.editors import CSS, THEME

    def stop(*_):
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    _, url, _ = blocks.launch(
        server_name=host,
        server_port=port or _free_port(host),
        share=False,
        quiet=True,
        prevent_thread_lock=True,
        ssr_mode=False,
        footer_links=[],
        theme=THEME,
        css=CSS,
    )
    print(f"open {url} in a browser; Ctrl-C ends it", flush=True)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        pass
    finally:
        blocks.close(verbose=False)


def _free_port(host):
    with socket.create_server((host, 0)) as server:
        return server.getsockname()[1]
