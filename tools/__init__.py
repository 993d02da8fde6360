"""What looks at Kaitong from outside: bench, demonstration, its sample province, verification."""
