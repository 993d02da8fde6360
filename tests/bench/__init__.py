"""Measurements that look inside one service. They assert nothing: `kaitong bench` runs them."""
