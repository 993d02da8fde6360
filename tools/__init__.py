"""Tools that use Kaitong from outside: bench, demonstration, sample province, verification."""
