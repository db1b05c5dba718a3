// Paint over a picture: two canvases, one over the other. Gradio calls this
// once for each editor on the page, with `element`, `props` and `watch`.
// `props.background` is the picture, and the value is the paint; both are data
// URLs. Only the value goes to Python. After each stroke it is whole again, so
// Python never waits for the page. While a picture can be painted on,
// `data-shown` is its number.
const UNDO_STEPS = 20;
const [picture, layer] = element.querySelectorAll("canvas");
const brush = layer.getContext("2d");
const [tools, colours] = ["tool", "colour"].map((name) => [
  ...element.querySelectorAll(`[data-${name}]`),
]);
const size = element.querySelector("input[type=range]");
let colour = colours[0].dataset.colour;
let tool = "paint";
let open = false; // not while a picture is loading, nor without one
let newest = 0;
let last = null; // the brush's place while its button is down
let undo = [];

function choose(buttons, chosen) {
  for (const button of buttons)
    button.setAttribute("aria-pressed", button === chosen);
}

function remember() {
  const pixels = brush.getImageData(0, 0, layer.width, layer.height);
  undo = [...undo, pixels].slice(-UNDO_STEPS);
}

function keep() {
  props.value = layer.toDataURL();
}

async function decoded(url) {
  const image = new Image();
  image.src = url;
  await image.decode();
  return image;
}

async function show() {
  const number = ++newest;
  const urls = props.value ? [props.background, props.value] : [];
  open = false;
  last = null;
  delete layer.dataset.shown;
  undo = [];
  const images = await Promise.all(urls.map(decoded));
  // Another value came while this one was read.
  if (number !== newest) return;
  for (const [at, canvas] of [picture, layer].entries()) {
    const drawing = canvas.getContext("2d");
    drawing.clearRect(0, 0, canvas.width, canvas.height);
    if (images.length) drawing.drawImage(images[at], 0, 0);
  }
  open = images.length > 0;
  if (open) layer.dataset.shown = number;
}

function place(event) {
  const box = layer.getBoundingClientRect();
  return [
    ((event.clientX - box.left) * layer.width) / box.width,
    ((event.clientY - box.top) * layer.height) / box.height,
  ];
}

function line(to) {
  brush.globalCompositeOperation =
    tool === "wipe" ? "destination-out" : "source-over";
  brush.strokeStyle = colour;
  brush.lineCap = brush.lineJoin = "round";
  brush.lineWidth = 2 * size.value;
  brush.beginPath();
  brush.moveTo(...last);
  brush.lineTo(...to);
  brush.stroke();
  last = to;
}

layer.addEventListener("pointerdown", (event) => {
  if (!open || event.button) return;
  event.preventDefault();
  layer.setPointerCapture(event.pointerId);
  remember();
  last = place(event);
  line(last);
});
layer.addEventListener("pointermove", (event) => {
  if (last) line(place(event));
});
for (const end of ["pointerup", "pointercancel"])
  layer.addEventListener(end, () => {
    if (!last) return;
    last = null;
    keep();
  });

for (const button of tools)
  button.addEventListener("click", () => {
    tool = button.dataset.tool;
    choose(tools, button);
  });
for (const button of colours)
  button.addEventListener("click", () => {
    colour = button.dataset.colour;
    tool = "paint";
    choose(colours, button);
    choose(tools, tools[0]);
  });
element.querySelector("[data-undo]").addEventListener("click", () => {
  if (!open || !undo.length) return;
  brush.putImageData(undo.pop(), 0, 0);
  keep();
});
element.querySelector("[data-clear]").addEventListener("click", () => {
  if (!open) return;
  remember();
  brush.clearRect(0, 0, layer.width, layer.height);
  keep();
});

// Gradio takes a quoted name in this text for an event, so a list of names
// would hide `background`.
watch(Object.keys(props), show);
show();
