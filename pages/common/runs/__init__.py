"""What makes texts while the page goes on: jobs of decoding, their place in the queue, what grows on the page."""
