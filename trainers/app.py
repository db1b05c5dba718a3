"""`tfmask app`: a page to translate pictures on, or to paint masks on."""

import contextlib
import dataclasses
import sys
from pathlib import Path

from serving.commands.command_line import require_least, require_ports
from tfmask.ops.command import command, parse_options
from tfmask.ops.errors import UserError


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """Open a page in the browser, on this machine alone.

    With --target: translate pictures with the models of a server, look at
    their masks, paint the masks and translate again. With --mark FOLDER: paint
    masks of the training images that `tfmask prepare masks` lists.
    """

    target: str | None = None
    """HOST:PORT of a server: `tfmask serve`, or TensorFlow Serving."""
    model: tuple[str, ...] = ()
    """Names of models to choose from. You can type others on the page. With
    --mark: the model that gives the first masks."""
    input: Path | None = None
    """Folder of pictures to choose from; others can be opened on the page."""
    attributes: tuple[str, ...] = ()
    """Names of the models' attributes, in their order; a server does not tell
    them."""
    mark: Path | None = None
    """Folder with trainA and trainB; you paint masks of their images."""
    run: Path | None = None
    """With --mark: run that gives the first masks. The page shows images first
    whose masks are least certain."""
    list: Path | None = None
    """With --mark: table of `tfmask prepare masks`; None: the images that it
    would list."""
    count: int = 20
    """With --mark and without --list: images of each domain."""
    domains: tuple[str, ...] = ("a", "b")
    """With --mark: `a`, `b` or both."""
    skip_bad_files: bool = False
    """With --mark: leave out bad files. Otherwise they are an error."""
    port: int = 7860
    """Port of the page; 0 takes a free one, which is printed."""
    host: str = "127.0.0.1"
    """Address of the page. There is no password: everybody who can reach it can
    use the models, and with --mark write masks."""
    timeout: float = 60.0
    """Seconds that one image may take."""
    ca: Path | None = None
    """TLS: PEM file with the authority of the server's certificate."""
    key: Path | None = None
    """TLS: PEM file with this client's key."""
    certificate: Path | None = None
    """TLS: PEM file with this client's certificate."""

    def __post_init__(self):
        if self.mark is None and self.target is None:
            raise ValueError("give --target HOST:PORT, or --mark FOLDER")
        if self.mark is None and (self.run or self.list):
            raise ValueError("--run and --list go with --mark")
        if self.mark is not None and self.run and self.target:
            raise ValueError("give either --run or --target")
        if self.mark is not None and self.target and len(self.model) != 1:
            raise ValueError(
                "--mark and --target need one --model. Got: "
                f"{' '.join(self.model) or 'none'}"
            )
        require_ports(self, "port")
        require_least(self, count=1)
        if not self.domains or {*self.domains} - {"a", "b"}:
            raise ValueError(
                f"`domains` must be a, b or both. Got: {' '.join(self.domains)}"
            )


def pictures_of(folder):
    """dict of name to path: the pictures of a folder.

    Raises:
        UserError: there is none.
    """
    from serving.commands.files import CLIENT_SUFFIXES, list_images

    try:
        listing = list_images(folder, CLIENT_SUFFIXES)
    except ValueError as error:
        raise UserError(str(error)) from None
    for line in listing.left_out():
        print(line)
    return {path.name: path for path in listing.images}


def connection(options):
    """The `Client` of the options."""
    from serving.client.connecting import connected

    try:
        return connected(
            options.target,
            timeout=options.timeout,
            ca=options.ca,
            key=options.key,
            certificate=options.certificate,
        )
    except ValueError as error:
        raise UserError(str(error)) from None


@command
def main(argv=None, load_run=None):
    """Runs `tfmask app`; returns the exit code.

    `load_run` stands in for that of `tfmask.training.run_folder`.
    """
    options = parse_options(Options, argv, "app")
    from serving.app.page_server import offline_gradio, open_page
    from serving.client import ServingError

    with contextlib.ExitStack() as stack:
        try:
            folder = stack.enter_context(offline_gradio())
        except ModuleNotFoundError as error:
            raise UserError(
                f"{error.name} is not installed: pip install 'tfmask[app]'"
            ) from None
        client = None
        if options.target is not None:
            client = stack.enter_context(connection(options))
        try:
            blocks = _blocks(options, client, folder, load_run)
        except ServingError as error:
            raise UserError(str(error)) from None
        try:
            open_page(blocks, options.host, options.port)
        except OSError as error:
            raise UserError(f"--host, --port: {error}") from None
    return 0


def _blocks(options, client, folder, load_run):
    if options.mark is None:
        from serving.app.page import page

        pictures = None if options.input is None else pictures_of(options.input)
        return page(
            client,
            options.model,
            folder,
            pictures=pictures,
            attributes=options.attributes,
        )
    from serving.app.marking_page import marking_page
    from trainers.painted_masks import marking_of, masks_of_run, masks_of_server

    mask = None
    if options.run is not None:
        from tfmask.ops.start import load_tensorflow

        load_tensorflow()
        mask = masks_of_run(options.run, load_run)
    elif client is not None:
        mask = masks_of_server(client, options.model[0])
    return marking_page(marking_of(options, mask, load_run))


if __name__ == "__main__":
    sys.exit(main())
