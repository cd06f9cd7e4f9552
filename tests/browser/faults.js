// What does not hold in the page: boxes that overlap, stick out or are cut off. The body of a
// function.

const boxes = ".card, .pill, .notice, h1, h2, h3, p, dt, dd, th, td, button, .button, select,"
  + " input, summary, time, q, .name, .legend li, .chart > svg, .meta > *, .score > *";
const visible = (node) => node.checkVisibility({
  visibilityProperty: true, opacityProperty: true, contentVisibilityAuto: true, // those of which the place is drawn
})
  && !node.ownerSVGElement && !node.closest(".tip, .player");
const scrolls = (node) => {
  for (let one = node.parentElement; one; one = one.parentElement) {
    if (/auto|scroll/.test(getComputedStyle(one).overflowX)) return true;
  }
  return false;
};
const told = (node) => `<${node.localName} ${node.id} ${node.className}> ${node.textContent.trim().slice(0, 40)}`;
const faults = [];
const { scrollWidth } = document.documentElement;
if (scrollWidth > innerWidth) faults.push(`the page is ${scrollWidth} px wide`);
const all = [...document.querySelectorAll(boxes)].filter(visible)
  .map((node) => ({ node, box: node.getBoundingClientRect() }))
  .filter(({ box }) => box.width > 2 && box.height > 2)
  .sort((a, b) => a.box.top - b.box.top);
all.forEach(({ node, box }, i) => {
  const card = node.parentElement.closest(".card")?.getBoundingClientRect();
  if (card && !scrolls(node) && (box.left < card.left - 1 || box.right > card.right + 1
    || box.bottom > card.bottom + 1)) faults.push(`${told(node)} sticks out of its card`);
  if (box.left < -1) faults.push(`${told(node)} begins left of the window`);
  for (let j = i + 1; j < all.length && all[j].box.top < box.bottom - 1; j++) {
    const other = all[j];
    if (node.contains(other.node) || other.node.contains(node)) continue;
    const over = Math.min(box.right, other.box.right) - Math.max(box.left, other.box.left);
    if (over > 1) faults.push(`${told(node)} and ${told(other.node)} overlap`);
  }
  const style = getComputedStyle(node);
  if (node.localName !== "input" && node.scrollWidth > node.clientWidth + 1 && node.clientWidth && /hidden|clip/.test(style.overflowX)
    && !(style.textOverflow === "ellipsis" && node.title)) faults.push(`${told(node)} is cut off`);
});
return faults;
