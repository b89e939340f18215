"""Pages and pictures: results as HTML that opens in a browser, and as SVG."""
