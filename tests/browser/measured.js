// Where everything is in the first chart of a page, and how it is painted. The body of a function.

const [chart] = document.querySelectorAll(".chart");
const attributes = (css, ...names) => [...chart.querySelectorAll(css)]
  .map((node) => [node.classList[1] ?? "", ...names.map((name) => parseFloat(node.getAttribute(name)))])
  .sort((a, b) => a[1] - b[1] || a[2] - b[2]);
return {
  plot: attributes(".plot", "height"),
  bars: attributes(".bar", "x", "width", "y", "height"),
  blocks: attributes(".block", "x", "width"),
  band: attributes(".usual", "y", "height"),
  grid: attributes(".plot > line:not(.head)", "y1", "y2"),
  scores: [...chart.querySelectorAll(".side text")].map((node) => [node.textContent, node.getAttribute("y")]).sort(),
  ticks: [...chart.querySelectorAll(".ticks text")].map((node) => [node.textContent, node.getAttribute("x")]),
  names: [...chart.querySelectorAll(".name")].map((node) => node.textContent),
  moods: [...chart.querySelectorAll(".mood")].map((node) => [node.getAttribute("class"), node.getAttribute("d")])
    .sort(),
  turns: attributes(".turn", "x", "y"),
  paint: [...new Set([...chart.querySelectorAll(".bar, .mood, .grid, .axis, .usual, .turn")].map((node) => {
    const { fill, fillOpacity, stroke, strokeWidth, strokeDasharray } = getComputedStyle(node);
    return [node.getAttribute("class").replace(" pick", ""), fill, fillOpacity, stroke, strokeWidth, strokeDasharray].join();
  }))].sort(),
};
