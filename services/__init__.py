"""The services of Kaitong. None imports another; they speak by messages."""
