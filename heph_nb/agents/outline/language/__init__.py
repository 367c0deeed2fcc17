"""What texts are about, and what to call it: words, phrases, headings, titles."""
