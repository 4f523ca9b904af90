"""Tests of the two languages of Entra ID: membership rules and mapping expressions."""
