"""What the server sends to the phones of a hall, beside the app: one small page, and what it asks for every two seconds."""
