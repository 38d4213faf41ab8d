"""Runs beside each other: what bad ones order differently (`diff`), and whether many agree (`verify`)."""
