"""For a hall: pages laid out for its screen, and the code that brings its phones to the page."""
