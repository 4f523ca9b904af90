"""The two small languages of Microsoft Entra: dynamic membership rules, and attribute-mapping expressions."""
