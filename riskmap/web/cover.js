// Mark rectangles on a photo with a finger, a mouse or the keyboard; the server covers them. Nothing is sent until the button
// is pressed, and then only numbers: left, top, right, bottom in pixels of the photo.
const STEP = 0.02;  // of a side, per arrow key

export default function ({ parentElement, data, setTriggerValue }) {
  const canvas = parentElement.querySelector("canvas");
  const [undo, done] = parentElement.querySelectorAll("button");
  const photo = new Image();
  let marked = [], drawn = null;

  undo.textContent = data.words.undo;
  done.textContent = data.words.cover;
  canvas.setAttribute("aria-label", data.words.label);

  const draw = () => {
    const pen = canvas.getContext("2d");
    pen.drawImage(photo, 0, 0);
    for (const [left, top, right, bottom] of drawn ? [...marked, drawn] : marked) {
      pen.fillStyle = "rgba(128, 128, 128, 0.8)";
      pen.fillRect(left, top, right - left, bottom - top);
      pen.lineWidth = 3;
      pen.strokeStyle = "#fff";
      pen.strokeRect(left, top, right - left, bottom - top);
      pen.lineWidth = 1;
      pen.strokeStyle = "#000";
      pen.strokeRect(left, top, right - left, bottom - top);
    }
    undo.disabled = done.disabled = !marked.length;
  };
  const point = (event) => {
    const box = canvas.getBoundingClientRect();
    const inside = (value, most) => Math.round(Math.min(Math.max(value, 0), most));
    return [
      inside((event.clientX - box.left) / box.width * canvas.width, canvas.width),
      inside((event.clientY - box.top) / box.height * canvas.height, canvas.height),
    ];
  };
  const between = ([a, b], [c, d]) => [Math.min(a, c), Math.min(b, d), Math.max(a, c), Math.max(b, d)];

  let from = null;
  canvas.onpointerdown = (event) => { from = point(event); canvas.setPointerCapture(event.pointerId); };
  canvas.onpointermove = (event) => { if (from) { drawn = between(from, point(event)); draw(); } };
  canvas.onpointercancel = () => { from = drawn = null; draw(); };
  canvas.onpointerup = (event) => {
    if (!from) return;
    const made = between(from, point(event));
    from = drawn = null;
    if (made[2] - made[0] > 3 && made[3] - made[1] > 3) marked.push(made);  // not a mere tap
    draw();
  };
  // arrows move the last rectangle, with Shift they change its size; Enter makes one in the middle
  canvas.onkeydown = (event) => {
    const [x, y] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] || [0, 0];
    const { width, height } = canvas;
    if (event.key === "Enter") marked.push([width * 0.4, height * 0.4, width * 0.6, height * 0.6].map(Math.round));
    else if ((x || y) && marked.length) {
      const [left, top, right, bottom] = marked.pop();
      const dx = Math.round(x * width * STEP), dy = Math.round(y * height * STEP);
      const moved = event.shiftKey ? [left, top, right + dx, bottom + dy] : [left + dx, top + dy, right + dx, bottom + dy];
      const fits = moved[0] >= 0 && moved[1] >= 0 && moved[2] <= width && moved[3] <= height;
      marked.push(fits && moved[2] > moved[0] && moved[3] > moved[1] ? moved : [left, top, right, bottom]);
    } else return;
    event.preventDefault();
    draw();
  };
  undo.onclick = () => { marked.pop(); draw(); };
  done.onclick = () => { setTriggerValue("marked", { rectangles: marked }); done.disabled = true; };
  photo.onload = () => {
    canvas.width = photo.naturalWidth;
    canvas.height = photo.naturalHeight;
    draw();
  };
  photo.src = data.photo;
}
