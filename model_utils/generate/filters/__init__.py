"""What changes the scores of the next token: the table of filters and penalties, and what each did."""
