"""The services of Kaitong. None imports another; they communicate by messages."""
