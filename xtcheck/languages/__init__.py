"""The two languages of Entra ID: membership rules and mapping expressions, by meaning."""
