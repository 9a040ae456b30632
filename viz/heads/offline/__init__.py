"""All heads as one HTML page that needs no network: its template, style and scripts. Uses viz.base."""
