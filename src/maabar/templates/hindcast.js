"use strict";
// Draws the charts of a hindcast from the data in the page, one after the other. No request is made.
(function () {
  const data = JSON.parse(document.getElementById("data").textContent);
  const boxes = Array.from(document.querySelectorAll(".chart"));
  const settings = { displayModeBar: false, responsive: true, scrollZoom: false, doubleClick: false };
  function drawNext(at) {
    if (at >= boxes.length) {
      document.documentElement.dataset.drawn = "yes";
      return;
    }
    const chart = data[boxes[at].dataset.chart];
    boxes[at].style.minHeight = chart.layout.height + "px";
    Plotly.newPlot(boxes[at], chart.data, chart.layout, settings);
    setTimeout(drawNext, 0, at + 1);
  }
  drawNext(0);
})();
